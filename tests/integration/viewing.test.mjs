// What a viewer asks of an archive that speaks DIMSE: metadata again and again, and frame by frame. The archive does not send as often.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { instancesIn, madeInstance } from '../support/hostile/instances.mjs';
import { repository } from './support/archives.mjs';
import { startPons } from './support/pons.mjs';
import { freePort, until } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const files = instancesIn(join(repository, 'tests', 'data', 'dicom', 'studies'));
const studies = [...new Set(files.map((i) => i.study))];
const seriesOf = (study) => [...new Set(files.filter((i) => i.study === study).map((i) => i.series))];
const study = studies.find((uid) => seriesOf(uid).length > 1);

async function before(way, more = {}, instances = files) {
  const archive = kept(await new HostileArchive([...instances]).start());
  const port = await freePort();
  archive.sendsTo(port);
  const sources = { x: { kind: 'dimse', host: '127.0.0.1', port: archive.port, called_ae: archive.aet, retrieve: [way], ...more } };
  const pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources }));
  const metadata = async (...path) => {
    const answer = await fetch([`${pons.url}/dicomweb/studies`, ...path, 'metadata'].join('/'));
    const sets = answer.ok ? await answer.json() : [];
    return { status: answer.status, sets: new Map(sets.map((set) => [set['00080018'].Value[0], set])) };
  };
  return { archive, pons, metadata };
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

const [count, size] = [12, 512 * 512 * 2];
const large = madeInstance({ size: count * size });
const pixels = Buffer.concat([...large.pieces()].slice(1));

const inFlight = async (pons) => Number(/^pons_http_requests_in_flight (\d+)/m.exec(await (await fetch(`${pons.url}/metrics`)).text())[1]) - 1;

for (const way of ['c-get', 'c-move']) {
  test(`${way}: frames that are asked for at the same time come of one pass`, async () => {
    const { archive, pons } = await before(way, {}, [large]);
    let go;
    const held = new Promise((resolve) => { go = resolve; });
    archive.does.waits = ({ operation }) => (operation === 0 ? held : undefined);
    const frame = async (n, { signal } = {}) => {
      const path = `studies/${large.study}/series/${large.series}/instances/${large.sop}/frames/${n}`;
      const answer = await fetch(`${pons.url}/dicomweb/${path}`, { headers: { accept: 'application/octet-stream' }, signal });
      return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
    };
    const first = frame(1);
    await until(() => archive.operations === 1, { what: 'the first pass' });
    const others = [3, 12, 7, 7].map((n) => frame(n));
    const leaver = new AbortController();
    const left = frame(5, leaver).catch((error) => error.name);
    await until(async () => await inFlight(pons) === 6, { what: 'all requests' });
    leaver.abort();
    assert.equal(await left, 'AbortError');
    const missing = frame(count + 1);
    await until(async () => await inFlight(pons) === 6, { what: 'the last request' });
    go();
    for (const [n, answer] of [[1, first], ...[3, 12, 7, 7].map((n, i) => [n, others[i]])]) {
      const { status, bytes } = await answer;
      assert.equal(status, 200);
      assert.ok(bytes.equals(pixels.subarray((n - 1) * size, n * size)), `frame ${n}`);
    }
    assert.equal((await missing).status, 404);
  });
}

test('frames that are asked for at the same time cost the archive two retrieves', async (t) => {
  const { archive, pons } = await before('c-get', {}, [large]);
  let go;
  const held = new Promise((resolve) => { go = resolve; });
  archive.does.waits = ({ operation }) => (operation === 0 ? held : undefined);
  const asked = Array.from({ length: 6 }, (_, n) => fetch(`${pons.url}/dicomweb/studies/${large.study}/series/${large.series}/instances/${large.sop}/frames/${n + 1}`));
  await until(async () => archive.operations === 1 && await inFlight(pons) === 6, { what: 'all requests' });
  go();
  for (const answer of asked) assert.equal((await answer).status, 200);
  // Two, unless it took the requests longer to come than one waits for a pass.
  t.diagnostic(`${archive.operations} retrieves for 6 frames`);
  assert.ok(archive.operations < 4, `${archive.operations} retrieves`);
});
