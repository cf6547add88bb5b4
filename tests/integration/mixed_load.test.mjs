// All that can be asked of one archive at the same time, by all faces, and a limit of two associations: the archive's own log says that
// there are never more, that none was rejected, and that everything is answered, or 503 with a time to come again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { retrieve } from '../support/hostile/retrieving.mjs';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { syntheticStudies } from './support/archives.mjs';
import { matches } from './support/client.mjs';
import { makeFile } from './support/files.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

let data;
before(async () => { data = await syntheticStudies({ studies: 24, seed: 11, plain: true }); });

const uidOf = ({ attributes }) => attributes.StudyInstanceUID;
const instancesOf = (study) => study.series.flatMap(({ instances }) => instances.map(({ attributes }) => attributes));
const sopsOf = (study) => instancesOf(study).map(({ SOPInstanceUID }) => SOPInstanceUID).sort();

const isAnswered = (status, headers) => {
  if (status === 200) return true;
  assert.equal(status, 503);
  assert.ok(Number(headers['retry-after'] ?? headers.get?.('retry-after')) > 0, 'when to come again');
  return false;
};

async function found(pons, study) {
  const answer = await fetch(`${pons.base}/ImagingStudy?_id=${uidOf(study)}`);
  const body = await answer.text();
  if (!isAnswered(answer.status, answer.headers)) return false;
  assert.deepEqual(matches(JSON.parse(body)).map(({ id }) => id), [uidOf(study)]);
  return true;
}

async function retrieved(pons, study) {
  const got = await retrieve(`${pons.url}/dicomweb/studies/${uidOf(study)}`);
  assert.equal(got.error, undefined);
  if (!isAnswered(got.status, got.headers)) return false;
  assert.ok(got.whole);
  assert.deepEqual(got.parts.map(({ sop }) => sop).sort(), sopsOf(study));
  return true;
}

async function described(pons, study) {
  const answer = await fetch(`${pons.url}/dicomweb/studies/${uidOf(study)}/metadata`);
  const body = await answer.text();
  if (!isAnswered(answer.status, answer.headers)) return false;
  assert.deepEqual(JSON.parse(body).map((one) => one['00080018'].Value[0]).sort(), sopsOf(study));
  return true;
}

async function stored(pons, study, number) {
  const uid = `${uidOf(study)}.99.${number}`;
  const file = makeFile({ uid, study: uidOf(study), sopClass: instancesOf(study)[0].SOPClassUID });
  const body = Buffer.concat([Buffer.from('--x\r\nContent-Type: application/dicom\r\n\r\n'), file, Buffer.from('\r\n--x--\r\n')]);
  const answer = await fetch(`${pons.url}/dicomweb/studies`, { method: 'POST', body, headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=x' } });
  const report = await answer.text();
  if (!isAnswered(answer.status, answer.headers)) return false;
  assert.deepEqual(JSON.parse(report)['00081199'].Value.map((one) => one['00081155'].Value[0]), [uid]);
  return true;
}

for (const way of ['c-get', 'c-move']) {
  test(`searches, retrieves by ${way}, metadata and stores at once share two associations`, { timeout: 180000 }, async (t) => {
    const port = await freePort();
    const pacs = kept(await startQuirkPacs({ truth: data.truth, files: data.root, http: false, destinations: { '*': { host: '127.0.0.1', port } },
      quirks: { 'n1.associations': '2', 'n6.answer_ms': '5' } }));
    const pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, http: { request_timeout: '60s' }, sources: {
      main: sourceFor({ port: pacs.dimsePort, aet: pacs.aet }, 'dimse', { retrieve: [way], limits: { associations: 2, queue: '30s' }, answer_cache: { size: 0 } }) } }));
    const { studies } = data.truth;
    const asked = studies.flatMap((study, n) => [
      found(pons, study), ...(n % 2 ? [retrieved(pons, study)] : [described(pons, study)]), ...(n % 3 ? [] : [stored(pons, study, n)])]);
    const answered = (await Promise.all(asked)).filter(Boolean).length;
    t.diagnostic(`${answered} of ${asked.length} were answered at once`);
    assert.ok(answered > asked.length / 2, `${answered} of ${asked.length}`);
    assert.deepEqual(pacs.log.of('A-ASSOCIATE').filter(({ status }) => status === 'rejected'), []);
    assert.equal(pacs.log.mostAtOnce, 2);
    for (const verb of ['C-FIND', way.toUpperCase(), 'C-STORE']) assert.ok(pacs.log.of(verb).length > 0, verb);
  });
}
