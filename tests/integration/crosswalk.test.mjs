// The patient crosswalk: the EHR asks by its own Patient ids, the archives know others, old ones among them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { sampleTruth } from '../support/quirk_pacs/sample.mjs';
import { startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { Client, entries, link, matches } from './support/client.mjs';
import { startPatientServer } from './support/patient_server.mjs';
import { binary, sourceFor, startPons } from './support/pons.mjs';
import { removeFolder, run, temporaryFolder, until } from './support/processes.mjs';

const a = 'urn:oid:1.2.3.4';
const b = 'urn:oid:1.2.3.5';
const ehr = 'urn:oid:9.9.9';
// What a test opens is closed at its end: the archives take few associations.
const open = [];
const kept = (thing) => { open.push(thing); return thing; };
const close = async () => {
  for (const thing of open.splice(0).reverse()) await thing.stop();
};
const lasting = [];
const keptForAll = (thing) => { lasting.push(thing); return thing; };
after(async () => {
  for (const thing of lasting.reverse()) await thing.stop();
});

const folder = temporaryFolder('crosswalk');
keptForAll({ stop: () => removeFolder(folder) });
const table = join(folder, 'patients.csv');
const csv = (...lines) => writeFileSync(table, ['patient,system,value', ...lines, ''].join('\n'));

async function ponsWith(crosswalk, sources, more = {}) {
  const pons = kept(await startPons({ crosswalk, sources, ...more }));
  const client = new Client(pons.base);
  kept({ stop: () => client.finish() });
  return { ...pons, client };
}

const ids = (bundle) => matches(bundle).map((s) => s.id).sort();
const told = (body) => (body.resourceType === 'Bundle' ? entries(body, 'outcome') : [body]).flatMap((o) => o.issue.map((i) => i.diagnostics)).join('; ');

describe('dcmqrscp and Orthanc', { timeout: 300000 }, () => {
  afterEach(close);
  // 123 is P1000 (and, before a merge, P1003) at the first archive, and P1002 at the second, where P1000 is somebody else.
  let sources;
  let expected;
  const fhir = {
    123: { ids: [[a, 'P1000', 'official'], [b, 'P1002'], ['urn:oid:7.7', 'P1001']], links: [['replaces', '122']] },
    122: { ids: [[a, 'P1003', 'old']], links: [['replaced-by', '123']], active: false },
    200: { ids: [[a, 'P1004']] },
    300: { ids: [['urn:oid:7.7', 'P1004']] },
    401: { ids: [[a, 'P1005']] },
    402: { ids: [[a, 'P1005']] },
  };

  before(async () => {
    const all = await syntheticStudies({ studies: 30, seed: 7, plain: true });
    const of = (...patients) => all.truth.studies.filter((s) => patients.includes(s.attributes.PatientID));
    const [mine, other] = [of('P1000').slice(0, 2), of('P1000').slice(2)];
    const part = (studies) => ({ root: all.root, truth: { ...all.truth, studies } });
    const first = keptForAll(await startDcmqrscp(part([...mine, ...of('P1003', 'P1004', 'P1005')])));
    const second = keptForAll(await startOrthanc(part([...other, ...of('P1002', 'P1006')])));
    sources = {
      first: sourceFor(first, 'dimse', { issuer: { system: a, namespace: 'HOSP_A' } }),
      second: sourceFor(second, 'dicomweb', { issuer: { system: b, namespace: 'HOSP_A' } }),
    };
    expected = [...mine, ...of('P1003', 'P1002')].map((s) => s.attributes.StudyInstanceUID).sort();
    assert.ok(expected.length > 6 && other.length > 0);
  });

  const kinds = {
    async file() {
      csv(`123,${a},P1000`, `123,${b},P1002`, `122,${a},P1003`, '122,,Patient/123', `200,${a},P1004`);
      return { kind: 'file', file: table, base: 'https://ehr.example.org/fhir' };
    },
    async fhir() {
      const server = kept(await startPatientServer({ patients: fhir }));
      return { kind: 'fhir', url: server.url, base: 'https://ehr.example.org/fhir' };
    },
    async pixm() {
      const all = [[a, 'P1000'], [a, 'P1003'], [b, 'P1002']];
      const server = kept(await startPatientServer({ pix: { [`${ehr}|123`]: all, [`${ehr}|122`]: all } }));
      return { kind: 'pixm', url: server.url, system: ehr, base: 'https://ehr.example.org/fhir' };
    },
  };

  for (const [kind, prepare] of Object.entries(kinds)) {
    test(`${kind}: a Patient of the EHR is found under all numbers, at both archives`, async () => {
      const { client } = await ponsWith(await prepare(), sources);
      const references = { 'patient=123': 'Patient/123', 'patient=Patient/123': 'Patient/123', 'subject=Patient/123': 'Patient/123',
        'subject:Patient=123': 'Patient/123', 'patient=Patient/122': 'Patient/122',
        'patient=https://ehr.example.org/fhir/Patient/123': 'https://ehr.example.org/fhir/Patient/123' };
      for (const [query, reference] of Object.entries(references)) {
        const { body } = await client.get(`ImagingStudy?${query}&_include=ImagingStudy:endpoint&_count=50`);
        assert.deepEqual(ids(body), expected, query);
        assert.equal(body.total, expected.length);
        assert.deepEqual([...new Set(matches(body).map((s) => s.subject.reference))], [reference], query);
        for (const study of matches(body)) assert.match(study.subject.identifier.value, /^P100[023]$/);
        assert.deepEqual(entries(body, 'outcome'), []);
        assert.ok(decodeURIComponent(link(body, 'self')).includes(`?${query}&`), link(body, 'self'));
      }
      assert.deepEqual(ids((await client.get('Patient/123/ImagingStudy?_count=50')).body), expected);
    });
  }

  test('page after page keeps the reference that was asked for', async () => {
    const { client } = await ponsWith(await kinds.fhir(), sources);
    const walked = await client.walk([['patient', 'Patient/123'], ['_count', '2']]);
    assert.deepEqual(walked.ids.sort(), expected);
    assert.deepEqual([...new Set(walked.resources.map((s) => s.subject.reference))], ['Patient/123']);
  });

  test('XML has it too', async () => {
    const { client } = await ponsWith(await kinds.file(), sources);
    const { body, status, text } = await client.get('ImagingStudy?patient=123&_format=xml');
    assert.equal(status, 200, text);
    assert.equal(matches(body).length, expected.length, text);
    assert.equal(body.entry[0].resource.subject.reference, 'Patient/123');
  });

  test('without a reference the patient is named by identifier only', async () => {
    const { client } = await ponsWith(await kinds.file(), sources);
    for (const query of [`patient.identifier=${a}|P1000`, `patient:identifier=${a}|P1000`]) {
      const { body } = await client.get(`ImagingStudy?${query}`);
      assert.equal(matches(body).length, 2);
      for (const study of matches(body)) {
        assert.equal(study.subject.reference, undefined);
        assert.equal(study.subject.identifier.value, 'P1000');
        assert.equal((await client.get(`ImagingStudy/${study.id}`)).body.subject.reference, undefined);
      }
    }
  });

  test('a patient who is not known is an empty list that says so, or 403', async () => {
    for (const [kind, prepare] of Object.entries(kinds)) {
      const settings = await prepare();
      const lenient = await ponsWith(settings, sources);
      const { status, body } = await lenient.client.get('ImagingStudy?patient=999');
      assert.equal(status, 200, kind);
      assert.deepEqual([ids(body), body.total], [[], undefined], kind);
      assert.match(told(body), /crosswalk does not know a patient/);
      assert.equal(entries(body, 'outcome')[0].issue[0].severity, 'warning');
      const strict = await ponsWith({ ...settings, unknown: 'refuse' }, sources);
      const refused = await strict.client.get('ImagingStudy?patient=Patient/999');
      assert.equal(refused.status, 403, kind);
      assert.match(told(refused.body), /does not know this patient/);
      assert.ok(!refused.text.replace(refused.body.id, '').includes('999'));
    }
  });

  test('a patient without an identifier of any source is an empty list that says so', async () => {
    const { client } = await ponsWith(await kinds.fhir(), sources);
    const { body } = await client.get('ImagingStudy?patient=300');
    assert.deepEqual([ids(body), body.total], [[], undefined]);
    assert.match(told(body), /no identifier that a source issues/);
  });

  test('a reference to another server matches nothing, and the answer says so', async () => {
    const { client } = await ponsWith(await kinds.fhir(), sources);
    const { body } = await client.get('ImagingStudy?patient=https://elsewhere.example.org/fhir/Patient/123');
    assert.deepEqual(ids(body), []);
    assert.match(told(body), /does not cover/);
  });

  test('an identifier that two patients have is refused, not guessed', async () => {
    const { client, url } = await ponsWith(await kinds.fhir(), sources);
    for (const patient of ['401', '402']) {
      const { status, body } = await client.get(`ImagingStudy?patient=${patient}`);
      assert.equal(status, 409);
      assert.equal(body.issue[0].code, 'multiple-matches');
      assert.ok(!told(body).includes('P1005'));
    }
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /pons_crosswalk_ambiguous_total 2\n/);
  });

  test('a source without an issuer is named in a refusal', async () => {
    const { issuer, ...nobody } = sources.second;
    const { client } = await ponsWith(await kinds.fhir(), { ...sources, second: nobody });
    const { status, body } = await client.get('ImagingStudy?patient=123');
    assert.equal(status, 400);
    assert.match(told(body), /source second: .*issuer\.system/);
    assert.equal(matches((await client.get('ImagingStudy?patient=123&endpoint=first-wado-rs')).body).length > 0, true);
  });

  test('pons explain shows what a reference stands for', async () => {
    const { config } = await ponsWith(await kinds.fhir(), sources);
    const explain = (patient) => run(binary(), ['explain', '--config', config, `ImagingStudy?patient=${patient}`]);
    const stdout = await explain('Patient/123');
    assert.match(stdout, /crosswalk: Patient\/123 is known as .*urn:oid:1\.2\.3\.4\|P1000.*urn:oid:1\.2\.3\.5\|P1002/);
    assert.match(stdout, /PatientID \(0010,0020\) = P1003/);
    assert.doesNotMatch(stdout, /= P1002/);  // the second archive's number, at the second only
    assert.match(stdout, /PatientID=P1002/);
    const refused = await explain('401');
    assert.match(refused, /refused: .*more than one patient/);
    assert.doesNotMatch(refused, /C-FIND|GET http/);
  });
});

describe('before one archive that logs', { timeout: 120000 }, () => {
  afterEach(close);
  let archive;
  const patients = { 123: { ids: [[a, 'P1'], [a, 'P3', 'old'], [b, 'P5']] }, 124: { ids: [[a, 'P2']] }, Q77Q: { ids: [[a, 'P5']] } };
  const source = () => ({ web: { kind: 'dicomweb', url: archive.url, issuer: { system: a } } });

  before(async () => {
    archive = await startQuirkPacs({ truth: sampleTruth, dimse: false });
    keptForAll({ stop: () => archive.close() });
  });

  const fhirBefore = async (settings = {}, more = {}, server = {}) => {
    const patientServer = kept(await startPatientServer({ patients, ...server }));
    const pons = await ponsWith({ kind: 'fhir', url: patientServer.url, ...settings }, source(), more);
    return { ...pons, server: patientServer };
  };

  test('only the ids that it issues reach it', async () => {
    const { client, server } = await fhirBefore();
    const from = archive.log.searches.length;
    const { body } = await client.get('ImagingStudy?patient=123&_summary=count');
    assert.equal(body.total, 3);
    const asked = archive.log.searches.slice(from).map(({ keys }) => keys.PatientID);
    assert.deepEqual([...new Set(asked)].sort(), ['P1', 'P3']);
    assert.deepEqual([...new Set(server.requests.map((r) => r.split('?')[0]))], ['/fhir/Patient/123', '/fhir/Patient']);
  });

  test('a patient is asked about once, however many ask at the same time, on any worker', async () => {
    const { client, server, url } = await fhirBefore({ check_identifiers: false }, { http: { threads: 3 } });
    server.behaves = 'slow';
    const asked = Array.from({ length: 20 }, () => fetch(`${client.base}/ImagingStudy?patient=123`).then((r) => r.json()));
    await until(() => server.held.length > 0, { what: 'a lookup' });
    const counted = async (name) => Number((await (await fetch(`${url}/metrics`)).text()).match(new RegExp(`${name} (\\d+)`))[1]);
    await until(async () => await counted('pons_crosswalk_shared_total') === 19, { what: '19 who wait' });
    server.behaves = 'well';
    server.release();
    for (const body of await Promise.all(asked)) assert.equal(matches(body).length, 3);
    await client.get('ImagingStudy?patient=123');
    assert.deepEqual(server.requests, ['/fhir/Patient/123']);
    assert.equal(await counted('pons_crosswalk_lookups_total'), 21);
    assert.equal(await counted('pons_crosswalk_kept_total'), 1);
  });

  test('that nobody knows a patient is kept, too', async () => {
    const { client, server } = await fhirBefore({ unknown_time: '1h' });
    for (let i = 0; i < 3; ++i) assert.deepEqual(ids((await client.get('ImagingStudy?patient=999')).body), []);
    assert.deepEqual(server.requests, ['/fhir/Patient/999']);
  });

  test('a crosswalk that cannot tell is an error, never an empty list', async () => {
    const { client, server, url } = await fhirBefore({ timeout: '1s' });
    const from = archive.log.searches.length;
    const cases = [['gone', 503], ['garbage', 502], ['html', 502], [401, 502], [403, 502], [500, 502], [503, 503], [429, 503], [301, 502], ['slow', 504]];
    for (const [behaves, status] of cases) {
      server.behaves = behaves;
      for (const query of ['patient=123', 'patient=123&_summary=count', 'patient=124,123']) {
        const answer = await client.get(`ImagingStudy?${query}`);
        assert.equal(answer.status, status, `${behaves}: ${answer.text}`);
        assert.match(told(answer.body), /crosswalk/);
        assert.ok(!answer.text.replace(answer.body.id, '').includes('123'), answer.text);  // the id is a random one
      }
    }
    assert.equal(archive.log.searches.length, from);
    let ready;
    await until(async () => {
      const answer = await fetch(`${url}/readyz`);
      assert.equal(answer.status, 200);
      ready = await answer.json();
      return ready.crosswalk !== 'unknown';
    }, { what: 'a look at the crosswalk' });
    assert.deepEqual(ready, { status: 'ready', sources: { web: 'ok' }, crosswalk: 'timed_out' });
    server.behaves = 'well';
    server.release();
    assert.equal(matches((await client.get('ImagingStudy?patient=123')).body).length, 3);
  });

  test('searches that name no Patient do without it', async () => {
    const { client, server } = await fhirBefore();
    server.behaves = 'gone';
    for (const query of [`patient.identifier=${a}|P1`, 'patient:identifier=P1', 'patient.name=doe&started=ge2024', 'identifier=A1'])
      assert.equal((await client.get(`ImagingStudy?${query}`)).status, 200, query);
    assert.deepEqual(server.requests, []);
  });

  test('the token goes along, and a wrong one is an error', async () => {
    const secret = 'back-end-token';
    const right = await fhirBefore({ credentials: { kind: 'bearer', token: secret } }, {}, { token: secret });
    assert.equal(matches((await right.client.get('ImagingStudy?patient=123')).body).length, 3);
    const wrong = await fhirBefore({ credentials: { kind: 'bearer', token: 'another' } }, {}, { token: secret });
    assert.equal((await wrong.client.get('ImagingStudy?patient=123')).status, 502);
  });

  test('ids that lead elsewhere are never sent', async () => {
    const { client, server } = await fhirBefore();
    for (const id of ['..', '.', 'Patient/..', '123/../124', '123?x=1', '123%23', 'a b', 'x'.repeat(65)])
      assert.deepEqual(ids((await client.get(`ImagingStudy?patient=${encodeURIComponent(id)}`)).body), [], id);
    assert.deepEqual(server.requests, []);
  });

  test('IHE IID stays with the numbers of the archives', async () => {
    const { url, server } = await fhirBefore({}, { viewers: { ohif: { study_url: 'https://viewer.example.org/?u={study_uids}' } } });
    const answer = await fetch(`${url}/IHEInvokeImageDisplay?requestType=PATIENT&patientID=P2`, { redirect: 'manual' });
    assert.ok(answer.status < 400, `${answer.status}`);
    assert.deepEqual(server.requests, []);
  });

  test('no log line names a patient', async () => {
    const { client, server, process: pons } = await fhirBefore({ time: '0', unknown_time: '0' });
    for (const behaves of ['well', 'garbage', 'gone', 500]) {
      server.behaves = behaves;
      await client.get('ImagingStudy?patient=Q77Q');
      await client.get('ImagingStudy?patient=Q78Q');
    }
    await until(() => pons.output.split('fhir.search').length > 8, { what: 'log lines' });
    assert.doesNotMatch(pons.output, /Q7[78]Q|\bP5\b/);
    assert.equal(pons.output.split('searches by Patient are refused').length, 2, 'it is told once that the crosswalk fails');
  });
});

test('pons check looks at the whole table', () => {
  csv(`1,${a},M1`, `2,${a},M1`, 'no comma', `3,nosystem,M3`, `4,${a},`);
  const config = join(folder, 'pons.yaml');
  writeFileSync(config, JSON.stringify({ dicom: { listen: '127.0.0.1:0' }, crosswalk: { kind: 'file', file: 'patients.csv' },
    sources: { web: { kind: 'dicomweb', url: 'http://127.0.0.1:1/rs', issuer: { system: a } } } }));
  const { status, stderr } = spawnSync(binary(), ['check', '--config', config], { encoding: 'utf8' });
  assert.notEqual(status, 0);
  for (const line of [3, 4, 5, 6]) assert.match(stderr, new RegExp(`patients\\.csv:${line}:`), stderr);
  assert.ok(!stderr.includes('M1'));
});
