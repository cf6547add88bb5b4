// One data set, three ways to it: the same searches through dcmqrscp by DIMSE, Orthanc by DIMSE, Orthanc by DICOMweb, each
// compared with the truth.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { tokenMatches } from '../../conformance/search_parameters.mjs';
import { startDcmqrscp, startOrthanc } from './archives.mjs';
import { Client, entries, link } from './client.mjs';
import { comparable, factsOf, outspoken, shownBy } from './facts.mjs';
import { newestFirst, search } from './oracle.mjs';
import { peers } from './peers.mjs';
import { sourceDefaults, sourceFor, startPons } from './pons.mjs';
import { queriesFor } from './queries.mjs';

const all = [['_count', '1000']];

// Studies whose files disagree are not judged: which file an archive believes is its own affair.
const judged = (records) => {
  const left = new Set(records.filter((r) => r.mixed).map((r) => r.id));
  return (ids) => ids.filter((id) => !left.has(id));
};

export function matrix(title, load, face) {
  describe(`${title}, ${face}`, { timeout: 1500000 }, () => {
    let archive;
    let pons;
    let client;
    let records;
    let whole;
    let config;
    let sure;
    const peer = peers[face];

    before(async () => {
      const data = await load();
      archive = await (face.startsWith('dcmqrscp') ? startDcmqrscp(data) : startOrthanc(data));
      pons = await startPons({ log: { level: 'info' }, fhir: { allow_unbounded: true },
        sources: { main: sourceFor(archive, face.endsWith('DIMSE') ? 'dimse' : 'dicomweb') } });
      client = new Client(pons.base);
      config = { base: pons.base, now: Date.now(), endpoints: ['main-wado-rs', 'main-qido-rs'], system: sourceDefaults.system };
      records = data.truth.studies.map((study) => factsOf(study, peer, sourceDefaults));
      whole = data.truth.studies.map((study) => factsOf(study, outspoken(peer), sourceDefaults));
      sure = judged(records);
    });
    after(async () => {
      await pons?.stop();
      await archive?.stop();
    });

    test('a search for everything finds every study, newest first', async () => {
      const { ids, bundles } = await client.walk(all);
      assert.deepEqual(sure(ids), sure([...records].sort(newestFirst).map((r) => r.id)));
      assert.equal(ids.length, records.length);
      if (bundles[0].total !== undefined) assert.equal(bundles[0].total, records.length);
    });

    for (const depth of ['study', 'series', 'instance']) {
      test(`what a study says is what the archive holds, read and searched, ${depth} level`, async () => {
        const differences = [];
        const shown = depth === 'series' ? (await client.walk(all)).resources : undefined;
        for (const record of records.filter((r) => !r.spoiled && !r.mixed)) {
          if (depth === 'study' && record !== records[0]) continue;
          const resource = shown?.find((r) => r.id === record.id) ?? (await client.get(`ImagingStudy/${record.id}`)).body;
          differences.push(...difference(record.id, comparable(record, peer, depth), shownBy(resource, peer, depth)));
        }
        assert.deepEqual(differences, []);
      });
    }

    test('every search gives the studies that the truth gives, in order', async (t) => {
      for (const { title: what, query } of queriesFor(records, config)) {
        const shown = query.map(([n, v]) => `${n}=${v}`).join('&');
        await t.test(`${what}: ${shown.replace(config.base, '[base]')}`, async () => {
          const spoiled = new Set(query.some(([n]) => /name|family|given/.test(n)) ? records.filter((r) => r.spoiled).map((r) => r.id) : []);
          const { ids, bundles } = await client.walk([...query, ...all]);
          assert.equal(new Set(ids).size, ids.length, 'no study twice');
          const left = (found) => sure(found).filter((id) => !spoiled.has(id));
          assert.deepEqual(left(ids), left(search(records, query, config)));
          if (bundles[0].total !== undefined) assert.equal(bundles[0].total, ids.length, 'a total is exact');
          const untold = left(search(whole, query, config)).filter((id) => !ids.includes(id));
          const says = bundles.some((bundle) => entries(bundle, 'outcome').some(({ issue }) => issue.some(({ code }) => code === 'incomplete')));
          assert.ok(untold.length === 0 || says, `the archive holds ${untold.length} more that match, and nothing says so`);
        });
      }
    });

    test('the studies found are those that the official FHIRPath expressions find in the answers', async () => {
      const { resources } = await client.walk(all);
      const tokens = [['modality', 'CT'], ['modality', 'SR'], ['modality', 'http://dicom.nema.org/resources/ontology/DCM|MR'],
        ['status', 'available'], ['bodysite', 'http://snomed.info/sct|816094009'], ['series', records[0].series[0].uid],
        ...records[0].identifiers.filter((i) => i.kind !== 'uid').map((i) => ['identifier', `${i.system ?? ''}|${i.value}`])];
      for (const [name, token] of tokens) {
        const expected = resources.filter((r) => tokenMatches(name, r, token)).map((r) => r.id);
        assert.deepEqual((await client.walk([[name, token], ...all])).ids, expected, `${name}=${token}`);
      }
    });

    for (const [count, query] of [['50', []], ['7', [['started', 'ge2015']]], ['1', [['started', '2024-03']]], ['2', [['modality', 'MR']]]]) {
      test(`pages of ${count} lose nothing and repeat nothing`, async () => {
        const { ids, bundles } = await client.walk([...query, ['_count', count]]);
        assert.deepEqual(sure(ids), sure(search(records, query, config)));
        for (const bundle of bundles) {
          assert.ok((bundle.entry ?? []).filter((e) => e.search.mode === 'match').length <= +count);
          assert.ok(link(bundle, 'self'), 'a self link');
        }
      });
    }

    test('_total=accurate and _summary=count say how many there are', async () => {
      for (const query of [[], [['modality', 'CT']], [['started', '2024-03-10']]]) {
        const expected = search(records, query, config).length;
        assert.equal((await client.search([...query, ['_summary', 'count']])).total, expected);
        assert.equal((await client.search([...query, ['_count', '0']])).total, expected);
        assert.equal((await client.search([...query, ['_total', 'accurate'], ['_count', '2']])).total, expected);
        assert.equal((await client.search([...query, ['_total', 'none'], ['_count', '2']])).total, undefined);
      }
    });

    test('_sort orders by start or id, either way', async () => {
      const ids = records.map((r) => r.id).sort();
      assert.deepEqual((await client.walk([['_sort', '_id'], ...all])).ids, ids);
      assert.deepEqual((await client.walk([['_sort', '-_id'], ...all])).ids, [...ids].reverse());
      const dated = new Map(records.filter((r) => r.started).map((r) => [r.id, r.started.utc[0]]));
      const times = (await client.walk([['_sort', 'started'], ...all])).ids.map((id) => dated.get(id)).filter((t) => t !== undefined);
      assert.equal(times.length, dated.size);
      assert.deepEqual(times, [...times].sort((a, b) => a - b));
    });

    test('XML and JSON of one request say the same', async () => {
      for (const path of ['ImagingStudy?started=2024-03-10', 'ImagingStudy?started=ge2015&_count=30&_include=ImagingStudy:endpoint',
        'ImagingStudy?started=2024&_summary=true', 'ImagingStudy?_count=100', `ImagingStudy/${records[0].id}`, 'metadata',
        'Endpoint', 'Endpoint/main-wado-rs', 'ImagingStudy?started=nonsense', 'ImagingStudy/1.2.3.4.5.6.7']) {
        const json = await client.get(path, { headers: { Accept: 'application/fhir+json' } });
        const xml = await client.get(path, { headers: { Accept: 'application/fhir+xml' } });
        assert.equal(xml.status, json.status, path);
        assert.deepEqual(timeless(xml.body), timeless(json.body), path);
      }
      client.finish();
    });

    test('no name, id, accession number or UID of a study stands in the log', () => {
      // Without what is drawn or measured: five digits of an identifier stand in one of many request ids by chance.
      const log = pons.process.output.replace(/"id":"[0-9a-f]{32}"|"time":"[^"]*"|"(duration_ms|bytes_in|bytes_out)":[0-9.]+/g, '');
      assert.match(log, /"route":"fhir\.search"/, 'there is a log');
      const words = new Set(records.flatMap((r) => [r.uid, ...r.identifiers.map((i) => i.value), ...r.series.map((s) => s.uid),
        ...r.patient.pn.split(/[\^= ]/), r.patient.id, r.referrer?.display]).filter((w) => w && w.length > 4));
      assert.deepEqual([...words].filter((word) => log.includes(word)), []);
    });
  });
}

// What two answers to one request may differ in.
function timeless(resource) {
  const copy = structuredClone(resource);
  if (copy.resourceType === 'OperationOutcome') delete copy.id;
  if (copy.resourceType === 'Bundle') {
    delete copy.id;
    delete copy.timestamp;
    if (copy.meta) delete copy.meta.lastUpdated;
    for (const l of copy.link ?? []) l.url = l.url.replace(/[?&]_format=[^&]*/, '').replace(/(page=)[^&]*/i, '$1');
  }
  return copy;
}

function difference(id, expected, actual) {
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys].flatMap((key) => {
    const [want, got] = [JSON.stringify(expected[key]), JSON.stringify(actual[key])];
    return want === got ? [] : [`${id} ${key}: ${want} expected, ${got} shown`];
  });
}
