// pons doctor before archives that are well, and before such that are not: what it says, and its exit code.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance } from '../support/hostile/instances.mjs';
import { startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { binary, sourceFor, startPons } from './support/pons.mjs';
import { freePort, removeFolder, start, temporaryFolder } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const timeouts = { first_response: '3s', between_responses: '2s' };
const source = (archive, more = {}) => ({ kind: 'dimse', host: '127.0.0.1', port: archive.port, called_ae: archive.aet, timeouts, ...more });

/// {code, stages: {name: stage}} of the one source of a configuration.
async function doctor(port, one) {
  const folder = temporaryFolder('doctor');
  const config = join(folder, 'pons.yaml');
  writeFileSync(config, JSON.stringify({ dicom: { listen: `127.0.0.1:${port}` }, sources: { pacs: one } }));
  const asked = start(binary(), ['doctor', '--json', '--config', config]);
  const { code } = await asked.ended;
  removeFolder(folder);
  const [{ source: name, stages }] = JSON.parse(asked.output);
  assert.equal(name, 'pacs');
  for (const { name: stage, ok, advice } of stages) assert.ok(ok || advice, `${stage}: a failure says what to do`);
  return { code, stages: Object.fromEntries(stages.map((stage) => [stage.name, stage])), order: stages.map((stage) => stage.name) };
}

const study = '1.2.826.0.1.3680043.10.1.9';
const instances = [madeInstance({ study, size: 4096 }), madeInstance({ study, number: 2, size: 4096 })];

async function hostile(does) {
  const port = await freePort();
  const archive = kept(await new HostileArchive(instances, does).start()).sendsTo(port);
  return { archive, port };
}

test('both ways work: one instance comes by each', async () => {
  const { archive, port } = await hostile({});
  const { code, stages, order } = await doctor(port, source(archive));
  assert.equal(code, 0);
  assert.deepEqual(order, ['name', 'connect', 'association', 'C-ECHO', 'C-FIND', 'instance', 'C-GET', 'C-MOVE']);
  for (const way of ['C-GET', 'C-MOVE']) assert.match(stages[way].text, /^One instance came: 5 kB in \d+ ms, transfer syntax 1\.2\.840\.10008\.1\.2\.1\.$/);
  assert.deepEqual(archive.storeStatuses, [0, 0]);
});

test('one way that does not work is told, and the other counts', async () => {
  const { archive, port } = await hostile({ refuses: (sop) => /4\.1\.2\.2\.3$/.test(sop) });
  const { code, stages } = await doctor(port, source(archive));
  assert.equal(code, 0);
  assert.match(stages['C-GET'].text, /C-GET not accepted.*The other way is taken instead/);
  assert.match(stages['C-GET'].advice, /take c-get out of retrieve/);
  assert.match(stages['C-MOVE'].text, /One instance came/);
});

test('nothing comes: both ways fail, with what to do', async () => {
  const { archive, port } = await hostile({ drops: () => true, counters: 'zero' });
  const { code, stages } = await doctor(port, source(archive));
  assert.equal(code, 1);
  assert.ok(!stages['C-GET'].ok && !stages['C-MOVE'].ok);
  assert.match(stages['C-MOVE'].advice, new RegExp(`PONS_MOVE.*port ${port}`));
});

test('an archive without studies', async () => {
  const archive = kept(await new HostileArchive([]).start());
  const { code, order, stages } = await doctor(await freePort(), source(archive));
  assert.equal(code, 0);
  assert.equal(order.at(-1), 'instance');
  assert.match(stages.instance.text, /no retrieve was tried/);
});

test('while Pons serves, C-MOVE is not tried, and that is told', async () => {
  const { archive, port } = await hostile({});
  kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources: { pacs: source(archive) } }));
  const { code, stages } = await doctor(port, source(archive));
  assert.equal(code, 0);
  assert.match(stages['C-GET'].text, /One instance came/);
  assert.match(stages['C-MOVE'].text, /^Not tried/);
  assert.match(stages['C-MOVE'].advice, /stop it/);
});

test('real archives: dcmqrscp, which does not know us as a destination, and Orthanc by DICOMweb', async () => {
  const data = await syntheticStudies({ studies: 3, plain: true });
  const qrscp = kept(await startDcmqrscp(data));
  const dimse = await doctor(await freePort(), { ...sourceFor(qrscp), timeouts });
  assert.equal(dimse.code, 0, JSON.stringify(dimse.stages));
  assert.match(dimse.stages['C-GET'].text, /One instance came/);
  assert.match(dimse.stages['C-MOVE'].text, /A801.*The other way is taken instead/);
  const moved = await doctor(await freePort(), { ...sourceFor(qrscp), timeouts, retrieve: ['c-move'] });
  assert.equal(moved.code, 1);
  const orthanc = kept(await startOrthanc(data));
  const web = await doctor(await freePort(), { ...sourceFor(orthanc), timeouts });
  assert.equal(web.code, 0, JSON.stringify(web.stages));
  assert.match(web.stages['WADO-RS'].text, /One instance came/);
});
