// Several images of a series, named by a list: of a DIMSE archive in one C-GET or C-MOVE, of a DICOMweb archive one by one.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance } from '../support/hostile/instances.mjs';
import { startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';
import { retrieve } from './support/retrieve_client.mjs';
import { madeInstances, wadoStub } from './support/wado_stub.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const study = '1.2.826.0.1.3680043.10.1.95';
const sops = (numbers) => numbers.map((n) => `${study}.1.${n}`).sort();
const asked = (numbers) => ({ StudyInstanceUID: study, SeriesInstanceUID: `${study}.1`, SOPInstanceUID: numbers.map((n) => `${study}.1.${n}`).join('\\') });

async function serve(source) {
  const port = await freePort();
  const pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, peers: { CT1: { host: '127.0.0.1', port: 104 } }, sources: { pacs: source(port) } }));
  return Object.assign(pons, { dicomPort: port });
}

for (const way of ['c-get', 'c-move'])
  test(`${way}: eight of twelve images cost the archive one operation`, { timeout: 60000 }, async () => {
    const instances = Array.from({ length: 12 }, (_, n) => madeInstance({ study, number: n + 1, size: 4096 }));
    const behind = kept(await new HostileArchive(instances, { pendings: false }).start());
    const pons = await serve((port) => {
      behind.sendsTo(port);
      return { kind: 'dimse', host: '127.0.0.1', port: behind.port, called_ae: 'HOSTILE', retrieve: [way] };
    });
    const some = [1, 2, 3, 5, 7, 9, 11, 12];
    const got = await retrieve(pons.dicomPort, 'PONS', 'IMAGE', asked(some), { classes: [instances[0].sopClass] });
    assert.deepEqual([got.status, got.completed, got.failed, got.taken], ['0000', 8, 0, sops(some)], got.comment);
    assert.equal(behind.operations, 1);
    const one = await retrieve(pons.dicomPort, 'PONS', 'IMAGE', asked([4]), { classes: [instances[0].sopClass] });
    assert.deepEqual([one.status, one.taken], ['0000', sops([4])], one.comment);
    assert.equal(behind.operations, 2);
  });

test('WADO-RS: each by itself', { timeout: 60000 }, async () => {
  const instances = madeInstances(study, 5);
  const stub = kept(await wadoStub(instances));
  const pons = await serve(() => ({ kind: 'dicomweb', url: stub.url }));
  const got = await retrieve(pons.dicomPort, 'PONS', 'IMAGE', asked([1, 2, 4]), { classes: [instances[0].sopClass] });
  assert.deepEqual([got.status, got.completed, got.taken], ['0000', 3, sops([1, 2, 4])], got.comment);
  assert.equal(stub.retrieves.length, 3);
});
