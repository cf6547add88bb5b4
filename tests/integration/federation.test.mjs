// dcmqrscp by DIMSE, Orthanc by DIMSE and another Orthanc by DICOMweb as one archive: some studies are at several of them,
// some in parts; then one of them stops in the middle of an answer.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { Client, entries, matches } from './support/client.mjs';
import { cutFront } from './support/cut_front.mjs';
import { binary, sourceFor, startPons } from './support/pons.mjs';
import { run } from './support/processes.mjs';

const names = ['qrscp', 'dimse', 'web'];
const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const uid = (study) => study.attributes.StudyInstanceUID;
const instances = (study) => study.series.flatMap((series) => series.instances.map((i) => i.attributes.SOPInstanceUID));
// What is left of a study with the instances that `pick` takes by their number.
function partOf(study, pick) {
  let number = 0;
  const series = study.series.map((s) => ({ ...s, instances: s.instances.filter(() => pick(number++)) }));
  return { ...study, series: series.filter((s) => s.instances.length > 0) };
}

let all, shared, split, alone, fronts, archives;
const holders = new Map();  // of each study
before(async () => {
  const data = await syntheticStudies({ studies: 14, plain: true });
  const { studies } = data.truth;
  const large = studies.filter((study) => instances(study).length >= 3);
  [shared, split] = large;
  const rest = studies.filter((study) => study !== shared && study !== split);
  const held = { qrscp: [], dimse: [], web: [] };
  const give = (study, to) => {
    for (const [name, pick] of Object.entries(to)) held[name].push(partOf(study, pick));
    holders.set(uid(study), names.filter((name) => to[name]));
  };
  const whole = () => true;
  give(shared, { qrscp: whole, dimse: whole, web: whole });
  // The first is at one of them only, the last at another, those between at two.
  give(split, { qrscp: (n) => n === 0, dimse: (n) => n > 0 && n < instances(split).length - 1, web: (n) => n > 0 });
  alone = {};
  rest.forEach((study, n) => {
    const [first, second] = [names[n % 3], names[(n + 1) % 3]];
    if (n < 3) alone[first] = study;
    give(study, n < 6 ? { [first]: whole } : { [first]: whole, [second]: whole });
  });
  all = studies;
  const of = (name) => ({ ...data, truth: { studies: held[name] } });
  const [qrscp, dimse, web] = [kept(await startDcmqrscp(of('qrscp'), { maxAssociations: 64 })), kept(await startOrthanc(of('dimse'), { settings: { DicomThreadsCount: 32 } })), kept(await startOrthanc(of('web')))];
  archives = { qrscp, dimse, web };
  fronts = { qrscp: kept(await cutFront(qrscp.port)), dimse: kept(await cutFront(dimse.dicomPort)), web: kept(await cutFront(web.port)) };
});

// Each Pons here keeps its associations: the archives have room for all of them.
const quick = { limits: { associations: 2 }, timeouts: { connect: '2s', association: '2s', first_response: '5s', between_responses: '2s', total: '8s' },
  answer_cache: { size: 0 }, breaker: { failures: 0 } };

function sources() {
  const { qrscp, dimse, web } = archives;
  return {
    qrscp: sourceFor({ ...qrscp, port: fronts.qrscp.port }, 'dimse', { ...quick, quirks: { preset: 'dcmtk-qrscp' } }),
    dimse: sourceFor({ ...dimse, dicomPort: fronts.dimse.port }, 'dimse', { ...quick, quirks: { preset: 'orthanc' } }),
    web: sourceFor({ ...web, url: `http://127.0.0.1:${fronts.web.port}/dicom-web` }, 'dicomweb', { ...quick, quirks: { preset: 'orthanc-dicomweb-old' } }),
  };
}

async function ponsWith(federation) {
  const pons = kept(await startPons({ fhir: { allow_unbounded: true }, federation, sources: sources() }));
  const client = new Client(pons.base);
  kept({ stop: () => client.finish() });
  return { ...pons, client };
}

const endpoints = (study) => study.endpoint.map((e) => e.reference).filter((r) => r.endsWith('-wado-rs')).map((r) => r.replace(/Endpoint\/|-wado-rs/g, ''));
const told = (bundle) => entries(bundle, 'outcome').flatMap((o) => o.issue).map((i) => `${i.code}: ${i.diagnostics}`);
const sorted = (list) => [...list].sort();
const partsOf = (answer) => [...answer.bytes.toString('latin1').matchAll(/\x08\x00\x18\x00UI..([0-9.]+)/gs)].map((m) => m[1]);

describe('all of them', { timeout: 300000 }, () => {
  let pons;
  before(async () => { pons = await ponsWith({ order: ['web', 'dimse'] }); });

  test('each study is there once, with the Endpoints of all its holders', async () => {
    const { resources } = await pons.client.walk([['_count', '5']]);
    assert.deepEqual(sorted(resources.map((r) => r.id)), sorted(all.map(uid)));
    for (const resource of resources) {
      assert.deepEqual(sorted(endpoints(resource)), sorted(holders.get(resource.id)), resource.id);
      const first = ['web', 'dimse', 'qrscp'].find((name) => holders.get(resource.id).includes(name));
      assert.equal(endpoints(resource)[0], first, 'the first of them in federation.order');
    }
  });

  test('QIDO-RS: each study is there once, a retrieve brings the union', async () => {
    const rows = JSON.parse((await pons.client.raw(`${pons.url}/dicomweb/studies`)).text);
    assert.deepEqual(sorted(rows.map((row) => row['0020000D'].Value[0])), sorted(all.map(uid)));
    const accept = { headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' } };
    for (const study of [split, shared]) {
      const got = await pons.client.raw(`${pons.url}/dicomweb/studies/${uid(study)}`, accept);
      assert.equal(got.status, 200, got.text.slice(0, 300));
      assert.deepEqual(sorted(partsOf(got)), sorted(instances(study)));
    }
    const part = await pons.client.raw(`${pons.url}/dicomweb/sources/qrscp/studies/${uid(split)}`, accept);
    assert.deepEqual(partsOf(part), instances(split).slice(0, 1));
  });
});

for (const victim of names)
  describe(`${victim} stops in the middle of an answer`, { timeout: 300000 }, () => {
    const others = names.filter((name) => name !== victim);
    const order = [victim, ...others];
    let pons;
    let strict;
    before(async () => {
      [pons, strict] = [await ponsWith({ order }), await ponsWith({ order, partial: 'refuse' })];
    });
    after(() => fronts[victim].letPass());

    async function lacks(query, marker, how) {
      fronts[victim].cutAt(marker, how);
      const part = await pons.client.get(query);
      assert.equal(part.status, 200, part.text.slice(0, 500));
      assert.ok(fronts[victim].cuts > 0, 'it was cut');
      const [study, ...more] = matches(part.body);
      assert.deepEqual([study.id, more.length], [uid(shared), 0]);
      assert.deepEqual(sorted(endpoints(study)), sorted(others));
      assert.equal(study.series.length, shared.series.length);
      assert.equal(part.body.total, undefined);
      assert.ok(told(part.body).some((t) => t.startsWith(`incomplete: source ${victim}: `)), told(part.body).join());
      const none = await strict.client.get(query);
      assert.equal(none.status, 503);
      assert.match(none.headers['retry-after'], /^\d+$/);
      fronts[victim].letPass();
    }

    async function fails(query, marker, how) {
      fronts[victim].cutAt(marker, how);
      for (const { client } of [pons, strict]) {
        const answer = await client.get(query);
        assert.equal(answer.status, 503, answer.text.slice(0, 500));
        assert.ok(answer.body.issue.some((i) => i.code === 'incomplete'), answer.text);
      }
      assert.ok(fronts[victim].cuts > 0, 'it was cut');
      fronts[victim].letPass();
    }

    for (const how of ['breaks', 'silent']) {
      test(`${how}: 200 that says so when others have the study, 503 with partial: refuse`, () =>
        lacks(`ImagingStudy?_id=${uid(shared)}`, uid(shared), how));
      test(`${how}: 503 when nobody else has it`, () => fails(`ImagingStudy?_id=${uid(alone[victim])}`, uid(alone[victim]), how));
    }

    test('later, when its series are asked for: the same', async () => {
      const series = shared.series[0].attributes.SeriesInstanceUID;
      await lacks(`ImagingStudy?_id=${uid(shared)}`, series, 'breaks');
      await fails(`ImagingStudy?_id=${uid(alone[victim])}`, alone[victim].series[0].attributes.SeriesInstanceUID, 'breaks');
    });

    test('QIDO-RS: a warning, or 503', async () => {
      const ask = ({ client, url }, study) => client.raw(`${url}/dicomweb/studies?StudyInstanceUID=${uid(study)}`);
      fronts[victim].cutAt(uid(shared), 'breaks');
      const part = await ask(pons, shared);
      assert.equal(part.status, 200, part.text);
      assert.equal(JSON.parse(part.text).length, 1);
      assert.match(part.headers.warning, new RegExp(`source ${victim}: `));
      assert.equal((await ask(strict, shared)).status, 503);
      fronts[victim].cutAt(uid(alone[victim]), 'breaks');
      assert.equal((await ask(pons, alone[victim])).status, 503);
      fronts[victim].letPass();
    });

    test('a retrieve is not shorter for it', async () => {
      fronts[victim].cutAt(uid(split), 'breaks');
      assert.equal((await pons.client.raw(`${pons.url}/dicomweb/studies/${uid(split)}`)).status, 503);
      assert.ok(fronts[victim].cuts > 0, 'it was cut');
      fronts[victim].letPass();
      const whole = await pons.client.get(`ImagingStudy?_id=${uid(shared)}`);
      assert.deepEqual(endpoints(matches(whole.body)[0]), order, 'it is asked again');
      assert.deepEqual(told(whole.body), []);
    });
  });

test('an archive that is killed while it answers, and what a route then spares', { timeout: 120000 }, async () => {
  const study = all.find((s) => holders.get(uid(s)).join() === 'qrscp,dimse');
  const modality = study.series[0].attributes.Modality;
  const routes = { some: { modality: [modality], sources: ['qrscp', 'dimse'] } };
  const [plain, routed] = [await ponsWith({}), await ponsWith({ routes })];
  fronts.web.cutAt(uid(shared), 'breaks', () => archives.web.process.signal('SIGKILL'));
  const part = await plain.client.get(`ImagingStudy?_id=${uid(shared)}`);
  assert.equal(part.status, 200);
  assert.ok(told(part.body).some((t) => t.startsWith('incomplete: source web: ')), told(part.body).join());
  await archives.web.process.ended;

  const query = `ImagingStudy?_id=${uid(study)}&modality=${modality}`;
  assert.ok(told((await plain.client.get(query)).body).some((t) => t.startsWith('incomplete: source web: ')));
  const whole = await routed.client.get(query);
  assert.deepEqual(matches(whole.body).map((s) => s.id), [uid(study)]);
  assert.deepEqual(told(whole.body), []);
  const explained = await run(binary(), ['explain', query, '--config', routed.config]);
  assert.match(explained, /web \(dicomweb\): not asked\n {2}- by the route some it holds no such study/);
  assert.equal((await routed.client.get(`ImagingStudy?_id=${uid(alone.web)}`)).status, 503, 'what no route is about goes to all');
});
