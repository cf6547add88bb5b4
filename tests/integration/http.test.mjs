// The HTTP contract of the FHIR face, before Orthanc by DICOMweb and dcmqrscp by DIMSE: one Pons, two sources.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { publicStudies, startDcmqrscp, startOrthanc } from './support/archives.mjs';
import { Client, entries, link, matches } from './support/client.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { until } from './support/processes.mjs';

let orthanc;
let dcmqrscp;
let pons;
let client;
const peter = 'patient=98890234';

before(async () => {
  const data = await publicStudies();
  [orthanc, dcmqrscp] = await Promise.all([startOrthanc(data), startDcmqrscp(data)]);
  pons = await startPons({ sources: { web: sourceFor(orthanc), 'main-pacs': sourceFor(dcmqrscp) } });
  client = new Client(pons.base);
});
after(async () => {
  client?.finish();
  await pons?.stop();
  await Promise.all([orthanc?.stop(), dcmqrscp?.stop()]);
});

const outcome = (bundle) => entries(bundle, 'outcome').flatMap((o) => o.issue);

// --- reading ---------------------------------------------------------------------------------------------------------

test('a study is read by its id with an ETag, and not sent again when it has not changed', async () => {
  const [study] = (await client.walk([['patient', '77654033']])).resources;
  const read = await client.get(`ImagingStudy/${study.id}`);
  assert.equal(read.status, 200);
  assert.equal(read.body.id, study.id);
  assert.match(read.headers.etag, /^W\/"[^"]+"$/);
  assert.ok(read.body.series.every((s) => s.instance?.length || s.numberOfInstances), 'a read carries all levels');
  const again = await client.get(`ImagingStudy/${study.id}`, { headers: { 'If-None-Match': read.headers.etag } });
  assert.equal(again.status, 304);
  assert.equal(again.headers.etag, read.headers.etag);
  const listed = await client.get(`ImagingStudy/${study.id}`, { headers: { 'If-None-Match': `W/"x", ${read.headers.etag}` } });
  assert.equal(listed.status, 304);
  const changed = await client.get(`ImagingStudy/${study.id}`, { headers: { 'If-None-Match': 'W/"another"' } });
  assert.equal(changed.status, 200);
});

test('HEAD answers as GET does, without a body', async () => {
  for (const path of [`ImagingStudy?${peter}`, 'metadata', 'Endpoint', 'ImagingStudy/1.2.3.4']) {
    const get = await client.get(path);
    const head = await client.get(path, { method: 'HEAD' });
    assert.equal(head.status, get.status, path);
    assert.equal(head.headers['content-type'], get.headers['content-type'], path);
    if (head.headers['content-length'] !== undefined) assert.ok(Number(head.headers['content-length']) > 0, path);
  }
});

test('a study held by two archives is one resource with the Endpoints of both', async () => {
  const bundle = await client.search([['patient', '98890234'], ['_include', 'ImagingStudy:endpoint']]);
  const studies = matches(bundle);
  assert.equal(studies.length, 4);
  assert.equal(new Set(studies.map((s) => s.id)).size, 4);
  for (const study of studies) {
    const references = study.endpoint.map((e) => e.reference);
    for (const id of ['web-wado-rs', 'main-pacs-wado-rs']) assert.ok(references.includes(`Endpoint/${id}`), id);
  }
  const included = entries(bundle, 'include');
  assert.deepEqual([...new Set(included.map((e) => e.id))].sort(), included.map((e) => e.id).sort(), 'each Endpoint once');
  const wanted = new Set(studies.flatMap((s) => s.endpoint.map((e) => e.reference.replace('Endpoint/', ''))));
  assert.deepEqual(included.map((e) => e.id).sort(), [...wanted].sort());
});

test('Endpoints are read and searched', async () => {
  const all = (await client.get('Endpoint')).body;
  assert.equal(all.type, 'searchset');
  const ids = matches(all).map((e) => e.id);
  assert.ok(ids.includes('web-wado-rs') && ids.includes('main-pacs-wado-rs'));
  for (const id of ids) {
    const { body, status } = await client.get(`Endpoint/${id}`);
    assert.equal(status, 200);
    assert.equal(body.status, 'active');
    assert.match(body.address, /^https?:\/\/[^/?#]+(\/[^?#]*[^/?#])?$/, 'absolute, no trailing slash, no query');
  }
  assert.deepEqual(matches((await client.get('Endpoint?_id=web-wado-rs')).body).map((e) => e.id), ['web-wado-rs']);
  const rs = matches((await client.get('Endpoint?connection-type=dicom-wado-rs')).body).map((e) => e.id).sort();
  assert.deepEqual(rs, ['main-pacs-wado-rs', 'web-wado-rs']);
  const displays = matches((await client.get('Endpoint?connection-type=ihe-iid')).body);
  assert.deepEqual(displays.map((e) => e.id).sort(), ['main-pacs-ihe-iid', 'web-ihe-iid']);
  for (const { address } of displays) assert.equal(address, `${pons.url}/IHEInvokeImageDisplay`);
  const [search] = matches((await client.get('Endpoint?connection-type=dicom-qido-rs&_id=main-pacs-qido-rs')).body);
  const found = await (await fetch(`${search.address}/studies?PatientID=98890234`)).json();
  assert.equal(found.length, 4, 'the address is a QIDO-RS base');
  assert.equal(matches((await client.get('Endpoint?status=off')).body).length, 0);
  assert.equal((await client.get('Endpoint/nobody-wado-rs')).status, 404);
});

test('metadata says what is there', async () => {
  const { body, status } = await client.get('metadata');
  assert.equal(status, 200);
  assert.equal(body.resourceType, 'CapabilityStatement');
  assert.equal(body.fhirVersion, '4.0.1');
  const types = Object.fromEntries(body.rest[0].resource.map((r) => [r.type, r]));
  assert.ok(types.ImagingStudy.searchInclude.includes('ImagingStudy:endpoint'));
  for (const name of ['identifier', 'patient', 'subject', 'started', 'modality', 'status', 'series', 'instance', 'dicom-class', 'bodysite',
    'endpoint', 'referrer', 'performer', 'interpreter', 'basedon', 'reason']) {
    assert.ok(types.ImagingStudy.searchParam.some((p) => p.name === name), name);
  }
  for (const type of ['ImagingStudy', 'Endpoint']) {
    assert.deepEqual(types[type].interaction.map((i) => i.code).sort(), ['read', 'search-type']);
  }
});

// --- result parameters --------------------------------------------------------------------------------------------

const archibald = [['patient', '77654033']];
const subsetted = (r) => r.meta?.tag?.some((t) => t.code === 'SUBSETTED');

test('_summary=true leaves out instances, text keeps the mandatory, data keeps all, false too', async () => {
  const study = async (value) => (await client.walk([...archibald, ['_summary', value]])).resources;
  for (const r of await study('true')) {
    assert.ok(r.series.every((s) => s.instance === undefined) && r.status && r.subject);
    assert.ok(subsetted(r));
  }
  for (const r of await study('text')) {
    assert.deepEqual(Object.keys(r).sort().filter((k) => !['text', 'meta', 'identifier'].includes(k)), ['id', 'resourceType', 'status', 'subject']);
    assert.ok(subsetted(r));
  }
  for (const value of ['data', 'false']) for (const r of await study(value)) assert.ok(r.started && r.series?.length, value);
  const count = await client.search([...archibald, ['_summary', 'count']]);
  assert.equal(count.total, 2);
  assert.equal(count.entry, undefined);
});

test('_elements keeps what is named and what is mandatory', async () => {
  for (const r of (await client.walk([...archibald, ['_elements', 'started,modality']])).resources) {
    assert.deepEqual(Object.keys(r).sort(), ['id', 'meta', 'modality', 'resourceType', 'started', 'status', 'subject']);
    assert.ok(subsetted(r));
  }
  const { resources } = await client.walk([...archibald, ['_elements', 'series']]);
  assert.ok(resources.every((r) => r.series?.length && r.identifier === undefined === !r.identifier));
});

test('_elements and _summary do not change which studies match', async () => {
  const all = (await client.walk([['patient', '98890234']])).ids;
  for (const more of [['_elements', 'status'], ['_summary', 'text'], ['_summary', 'true']]) {
    assert.deepEqual((await client.walk([['patient', '98890234'], more])).ids, all);
  }
});

test('_summary and _elements act on a read too', async () => {
  const [id] = (await client.walk(archibald)).ids;
  const { body } = await client.get(`ImagingStudy/${id}?_elements=started`);
  assert.deepEqual(Object.keys(body).filter((k) => !['id', 'meta', 'resourceType', 'status', 'subject'].includes(k)), ['started']);
  assert.ok((await client.get(`ImagingStudy/${id}?_summary=true`)).body.series.every((s) => !s.instance));
});

test('the self link shows what was understood, and leads to the same answer', async () => {
  const bundle = await client.search([['patient', '98890234'], ['nonsense', '1'], ['modality', 'MR,CT']]);
  const self = link(bundle, 'self');
  assert.ok(self.startsWith(`${pons.base}/ImagingStudy?`));
  assert.ok(!self.includes('nonsense'));
  const again = (await client.get(self)).body;
  assert.deepEqual(matches(again).map((r) => r.id), matches(bundle).map((r) => r.id));
  assert.ok(outcome(bundle).some((i) => i.severity === 'warning' && i.code === 'not-supported'), 'what was ignored is told');
});

test('POST _search asks the same as GET, its URL parameters included', async () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const expected = (await client.walk([['patient', '98890234'], ['modality', 'MR']])).ids;
  const inBody = await client.get('ImagingStudy/_search', { method: 'POST', headers: form, body: `${peter}&modality=MR` });
  assert.equal(inBody.status, 200);
  assert.deepEqual(matches(inBody.body).map((r) => r.id), expected);
  const both = await client.get('ImagingStudy/_search?modality=MR', { method: 'POST', headers: { 'Content-Type': `${form['Content-Type']}; charset=UTF-8` }, body: peter });
  assert.deepEqual(matches(both.body).map((r) => r.id), expected);
});

test('an empty value is ignored, an empty answer has no entry', async () => {
  assert.equal(matches(await client.search([['patient', '98890234'], ['modality', '']])).length, 4);
  const none = await client.search([['patient', 'nobody-0']]);
  assert.equal(none.total, 0);
  assert.equal(none.entry, undefined);
});

// --- content negotiation --------------------------------------------------------------------------------------------

test('the format is what the client asks for', async () => {
  const cases = [
    [{}, '', 'json'], [{ Accept: '*/*' }, '', 'json'], [{ Accept: 'application/fhir+xml' }, '', 'xml'], [{ Accept: 'text/xml' }, '', 'xml'],
    [{ Accept: 'application/xml' }, '', 'xml'], [{ Accept: 'application/json' }, '', 'json'],
    [{ Accept: 'application/fhir+json;q=0.1, application/fhir+xml' }, '', 'xml'], [{ Accept: 'application/fhir+xml;q=0, */*;q=0.1' }, '', 'json'],
    [{ Accept: 'application/fhir+json; fhirVersion=4.0' }, '', 'json'], [{ Accept: 'text/html, application/fhir+xml;q=0.9' }, '', 'xml'],
    [{}, '_format=xml', 'xml'], [{}, '_format=application/fhir+xml', 'xml'], [{}, '_format=application%2Ffhir%2Bxml', 'xml'],
    [{ Accept: 'application/fhir+xml' }, '_format=json', 'json'], [{}, '_format=text/json', 'json'], [{}, '_format=text/xml', 'xml'],
  ];
  for (const [headers, query, format] of cases) {
    const answer = await client.get(`Endpoint/web-wado-rs?${query}`, { headers });
    assert.equal(answer.status, 200, JSON.stringify([headers, query]));
    assert.match(answer.headers['content-type'], new RegExp(format), JSON.stringify([headers, query]));
  }
});

test('406 for what cannot be answered', async () => {
  for (const [headers, query] of [[{ Accept: 'text/turtle' }, ''], [{ Accept: 'image/png' }, ''], [{}, '_format=ttl'],
    [{ Accept: 'application/fhir+json; fhirVersion=9.0' }, ''], [{ Accept: 'application/fhir+json;q=0' }, '']]) {
    assert.equal((await client.get(`Endpoint?${query}`, { headers })).status, 406, JSON.stringify([headers, query]));
  }
});

test('_pretty changes spaces only', async () => {
  const plain = await client.get(`ImagingStudy?${peter}&_pretty=false`);
  const pretty = await client.get(`ImagingStudy?${peter}&_pretty=true`);
  assert.ok(pretty.text.split('\n').length > 10);
  assert.deepEqual(matches(pretty.body), matches(plain.body));
});

test('gzip when the client allows it', async () => {
  const packed = await client.raw(`ImagingStudy?${peter}`, { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(packed.headers['content-encoding'], 'gzip');
  const plain = await client.raw(`ImagingStudy?${peter}`);
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.deepEqual(matches(JSON.parse(gunzipSync(packed.bytes))), matches(JSON.parse(plain.text)));
  assert.match(packed.headers.vary ?? '', /accept-encoding/i);
});

// --- errors ------------------------------------------------------------------------------------------------------------

const refused = [
  [400, 'value|invalid', 'started=23 May 2009'], [400, 'value|invalid', 'started=2024-13-01'], [400, 'value|invalid', 'started=2024-01-01T10'],
  [400, 'value|invalid', 'started=xx2024'], [400, 'not-supported', 'status:exact=available'], [400, 'not-supported', 'modality:text=CT'],
  [400, 'not-supported', 'started:exact=2024'], [400, 'not-supported', 'patient.organization=1'], [400, 'not-supported', '_sort=description'],
  [400, 'value|invalid', '_count=many'], [400, 'value|invalid', '_count=-1'], [400, 'value|invalid', '_summary=everything'],
  [400, 'value|invalid', 'started:missing=perhaps'], [400, 'not-supported', '_has:Observation:subject:code=1'], [400, 'value|invalid', 'identifier=a\\b'],
];
for (const [status, code, query] of refused) {
  test(`${status} for ${query}`, async () => {
    const answer = await client.get(`ImagingStudy?${peter}&${encodeURI(query)}`);
    assert.equal(answer.status, status, answer.text);
    assert.ok(code.split('|').includes(answer.body.issue[0].code), answer.body.issue[0].code);
    const name = query.split(/[=:.]/)[0];
    assert.ok(JSON.stringify(answer.body).includes(name), 'the parameter is named');
  });
}

test('an unknown parameter is ignored with a warning, and refused when handling is strict', async () => {
  const lenient = await client.search([['patient', '98890234'], ['foo', '1']], { headers: { Prefer: 'handling=lenient' } });
  assert.equal(matches(lenient).length, 4);
  assert.ok(outcome(lenient).some((i) => i.code === 'not-supported'));
  for (const query of [`${peter}&foo=1`, `${peter}&_include=ImagingStudy:nonsense`]) {
    const strict = await client.get(`ImagingStudy?${query}`, { headers: { Prefer: 'handling=strict' } });
    assert.equal(strict.status, 400, query);
    assert.equal(strict.body.issue[0].code, 'not-supported');
  }
});

test('a search that nothing narrows is refused as too costly, with the keys that help', async () => {
  for (const query of ['', 'status=available', 'modality:not=CT', 'started:missing=true']) {
    const answer = await client.get(`ImagingStudy?${query}`);
    assert.ok([400, 403].includes(answer.status), `${query}: ${answer.status}`);
    assert.equal(answer.body.issue[0].code, 'too-costly');
    assert.match(JSON.stringify(answer.body), /patient/);
  }
});

test('404 for what is not there', async () => {
  for (const path of ['ImagingStudy/1.2.3.4.5.6', 'ImagingStudy/not_an_id', 'Patient/1', 'Nonsense', 'Endpoint/x']) {
    assert.equal((await client.get(path)).status, 404, path);
  }
});

test('405 with Allow for what is not offered', async () => {
  const body = '{"resourceType":"ImagingStudy"}';
  for (const [method, path] of [['PUT', 'ImagingStudy/1.2.3'], ['POST', 'ImagingStudy'], ['DELETE', 'ImagingStudy/1.2.3'], ['PATCH', 'ImagingStudy/1.2.3'],
    ['DELETE', 'metadata'], ['PUT', 'Endpoint/web-wado-rs']]) {
    const answer = await client.get(path, { method, headers: { 'Content-Type': 'application/fhir+json' }, ...(method === 'DELETE' ? {} : { body }) });
    assert.equal(answer.status, 405, `${method} ${path}`);
    assert.match(answer.headers.allow ?? '', /GET|POST/, `${method} ${path}`);
  }
});

test('415 for a search body of another type', async () => {
  for (const type of ['application/fhir+json', 'text/plain', 'multipart/form-data; boundary=x']) {
    const answer = await client.get('ImagingStudy/_search', { method: 'POST', headers: { 'Content-Type': type }, body: '{}' });
    assert.equal(answer.status, 415, type);
  }
});

test('415 for a search body that is compressed: read as it is it would narrow nothing', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const ask = (body, encoding) => client.get('ImagingStudy/_search?patient=98890234',
    { method: 'POST', headers: encoding ? { ...headers, 'Content-Encoding': encoding } : headers, body });
  for (const encoding of ['gzip', 'deflate', 'x-gzip'])
    assert.equal((await ask(gzipSync('modality=CT'), encoding)).status, 415, encoding);
  assert.equal((await ask('modality=CT', 'identity')).status, 200);
});

test('OPTIONS answers what is allowed', async () => {
  const answer = await client.get('ImagingStudy', { method: 'OPTIONS' });
  assert.ok(answer.status === 200 || answer.status === 204);
});

test('a page link that is not ours is refused', async () => {
  const bundle = await client.search([['patient', '98890234'], ['_count', '1']]);
  const next = link(bundle, 'next');
  assert.ok(next);
  const token = new URL(next);
  for (const [name, value] of token.searchParams) {
    if (value.length < 20) continue;
    token.searchParams.set(name, `${value.slice(0, 10)}${value[10] === 'A' ? 'B' : 'A'}${value.slice(11)}`);
  }
  const answer = await client.get(token.href);
  assert.ok([400, 404, 410].includes(answer.status), `${answer.status}`);
});

test('nothing of the query comes back in an error', async () => {
  for (const query of ['patient=SECRET-MRN-1&started=SECRETDATE', 'patient.name=SECRETNAME&modality:text=SECRETCODE', 'patient.family:below=SECRETNAME']) {
    assert.doesNotMatch((await client.get(`ImagingStudy?${query}`)).text, /SECRET/);
  }
});

test('livez and readyz answer', async () => {
  for (const path of ['livez', 'readyz']) assert.equal((await client.raw(`${pons.url}/${path}`)).status, 200, path);
});

test('the log has one line a request and no patient in it', async () => {
  const lines = () => pons.process.output.split('\n').length;
  const first = lines();
  await client.get('ImagingStudy?patient.name=Doe&identifier=SECRET-ACC-9&patient.birthdate=1955-05-05');
  await client.get('ImagingStudy/1.2.99.77.55');
  await until(() => lines() - first >= 2, { what: 'a line for each request', started: pons.process });
  assert.doesNotMatch(pons.process.output, /SECRET|Doe|98890234|77654033|1955-05-05|1\.2\.99\.77\.55/);
});
