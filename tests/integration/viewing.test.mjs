// What a viewer asks of an archive that speaks DIMSE: metadata again and again. The archive sends a study once.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { instancesIn } from '../support/hostile/instances.mjs';
import { repository } from './support/archives.mjs';
import { startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const files = instancesIn(join(repository, 'tests', 'data', 'dicom', 'studies'));
const studies = [...new Set(files.map((i) => i.study))];
const seriesOf = (study) => [...new Set(files.filter((i) => i.study === study).map((i) => i.series))];
const study = studies.find((uid) => seriesOf(uid).length > 1);

async function before(way, more = {}) {
  const archive = kept(await new HostileArchive([...files]).start());
  const port = await freePort();
  archive.sendsTo(port);
  const sources = { x: { kind: 'dimse', host: '127.0.0.1', port: archive.port, called_ae: archive.aet, retrieve: [way], ...more } };
  const pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources }));
  const metadata = async (...path) => {
    const answer = await fetch([`${pons.url}/dicomweb/studies`, ...path, 'metadata'].join('/'));
    const sets = answer.ok ? await answer.json() : [];
    return { status: answer.status, sets: new Map(sets.map((set) => [set['00080018'].Value[0], set])) };
  };
  return { archive, metadata };
}

const uids = (instances) => instances.map((i) => i.sop).sort();
const named = (answer) => [...answer.sets.keys()].sort();

for (const way of ['c-get', 'c-move']) {
  test(`${way}: metadata of a study, its series and its instances is one retrieve`, async () => {
    const { archive, metadata } = await before(way);
    const whole = await metadata(study);
    assert.equal(whole.status, 200);
    assert.deepEqual(named(whole), uids(archive.ofStudy(study)));
    assert.equal(archive.operations, 1);
    assert.deepEqual((await metadata(study)).sets, whole.sets);
    for (const series of seriesOf(study)) {
      const one = await metadata(study, 'series', series);
      assert.deepEqual(named(one), uids(archive.ofStudy(study).filter((i) => i.series === series)));
      for (const [uid, set] of one.sets) assert.deepEqual(set, whole.sets.get(uid));
    }
    for (const i of archive.ofStudy(study)) {
      const one = await metadata(study, 'series', i.series, 'instances', i.sop);
      assert.deepEqual([...one.sets], [[i.sop, whole.sets.get(i.sop)]]);
    }
    assert.equal(archive.operations, 1);
    assert.equal((await metadata(study, 'series', seriesOf(study)[0], 'instances', '1.2.3')).status, 404);
  });
}

test('a viewer that asks series by series has each sent once, and then the study', async () => {
  const { archive, metadata } = await before('c-get');
  for (let again = 0; again < 3; ++again) await Promise.all(seriesOf(study).map((series) => metadata(study, 'series', series)));
  assert.equal(archive.operations, seriesOf(study).length);
  assert.deepEqual(named(await metadata(study)), uids(archive.ofStudy(study)));
  assert.equal(archive.operations, seriesOf(study).length);
});

test('an instance that came to the archive since then is in the next answer, and one that went is not', async () => {
  const { archive, metadata } = await before('c-get');
  const [last] = archive.ofStudy(study).slice(-1);
  archive.instances = archive.instances.filter((i) => i !== last);
  assert.equal((await metadata(study)).sets.size, archive.ofStudy(study).length);
  archive.instances = [...archive.instances, last];
  const now = await metadata(study);
  assert.deepEqual(named(now), uids(archive.ofStudy(study)));
  assert.equal(archive.operations, 2);
  archive.instances = archive.instances.filter((i) => i !== last);
  assert.deepEqual(named(await metadata(study)), uids(archive.ofStudy(study)));
  assert.equal(archive.operations, 2);
});

test('nothing is kept when the file says so', async () => {
  const { archive, metadata } = await before('c-get', { metadata_cache: { size: 0 } });
  for (let n = 1; n <= 3; ++n) {
    assert.deepEqual(named(await metadata(study)), uids(archive.ofStudy(study)));
    assert.equal(archive.operations, n);
  }
});

test('a retrieve that lacked an instance is asked for again, not answered from', async () => {
  const { archive, metadata } = await before('c-get');
  const [last] = archive.ofStudy(study).slice(-1);
  archive.does.drops = ({ instance }) => instance.sop === last.sop;
  assert.equal((await metadata(study)).status >= 500, true);
  archive.does.drops = () => false;
  const now = await metadata(study);
  assert.deepEqual(named(now), uids(archive.ofStudy(study)));
});
