// A patient with many studies before an archive that answers each question late: what a retrieve is to bring takes longer to list than one
// answer may take, and is listed all the same.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { instancesOf, syntheticStudies } from './support/archives.mjs';
import { destination } from './support/destination.mjs';
import { startPons } from './support/pons.mjs';
import { freePort, removeFolder } from './support/processes.mjs';
import { retrieve } from './support/retrieve_client.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
let data;
before(async () => {
  data = await syntheticStudies({ studies: 12, seed: 5, plain: true });
  for (const study of data.truth.studies) study.attributes.PatientID = 'MANY';
});
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  if (data) removeFolder(data.root);
});

const late = 250;
const patience = 1500;

for (const kind of ['dimse', 'dicomweb'])
  for (const way of ['C-GET', 'C-MOVE'])
    test(`${kind}: ${way} of a patient with twelve studies, each answer ${late} ms late and none waited for longer than ${patience} ms`, { timeout: 120000 }, async () => {
      const port = await freePort();
      const archive = kept(await startQuirkPacs({ truth: data.truth, files: data.root, destinations: { '*': { host: '127.0.0.1', port } }, quirks: { 'n6.answer_ms': `${late}` } }));
      const taker = kept(await destination());
      const pacs = kind === 'dimse' ? { kind, host: '127.0.0.1', port: archive.dimsePort, called_ae: archive.aet, limits: { associations: 1 } } : { kind, url: archive.url };
      kept(await startPons({ dicom: { listen: `127.0.0.1:${port}`, operation_timeout: `${patience}ms` }, sources: { pacs: { ...pacs, answer_cache: { size: 0 } } },
        peers: { CT1: { host: '127.0.0.1', port: 104 }, TAKER: { host: '127.0.0.1', port: taker.port } } }));
      const all = instancesOf(data);
      const begun = Date.now();
      const got = await retrieve(port, 'PONS', 'PATIENT', { PatientID: 'MANY' }, { classes: [...new Set(all.map(({ attributes }) => attributes.SOPClassUID))], ...(way === 'C-MOVE' ? { destination: 'TAKER' } : {}) });
      assert.deepEqual([got.status, got.completed, got.failed], ['0000', all.length, 0], got.comment);
      const brought = way === 'C-MOVE' ? taker.taken.map(({ uid }) => uid).sort() : got.taken;
      assert.deepEqual(brought, all.map(({ attributes }) => attributes.SOPInstanceUID).sort());
      assert.ok(Date.now() - begun > patience, 'it took longer than one answer may');
    });
