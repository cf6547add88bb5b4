// $explain and pons explain --run: what they tell is valid R4, is what happened, and shows nothing of a patient.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { Client, matches } from './support/client.mjs';
import { binary, sourceFor, startPons } from './support/pons.mjs';
import { run } from './support/processes.mjs';

// What a test opens is closed at its end: the archives take few associations.
const open = [];
const kept = (thing) => { open.push(thing); return thing; };
const lasting = [];
const keptForAll = (thing) => { lasting.push(thing); return thing; };
const close = async (things) => {
  for (const thing of things.splice(0).reverse()) await thing.stop();
};
after(() => close(lasting));

const parts = (of, name) => (of.parameter ?? of.part).filter((p) => p.name === name);
const part = (of, name) => {
  const all = parts(of, name);
  assert.equal(all.length, 1, `${name}: ${JSON.stringify(of).slice(0, 400)}`);
  return all[0];
};
const text = (of, name) => part(of, name).valueString;
const number = (of, name) => part(of, name).valueInteger;
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const dropped = (source, why) => sum(parts(source, 'dropped').filter((d) => text(d, 'why') === why).map((d) => number(d, 'count')));

// Every value of a patient or a study that the archive holds.
function valuesOf(studies) {
  const all = studies.flatMap((s) => [s.attributes, ...s.series.flatMap((x) => [x.attributes, ...x.instances.map((i) => i.attributes)])]);
  const names = ['PatientID', 'PatientName', 'AccessionNumber', 'StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'StudyDate', 'PatientBirthDate'];
  return new Set(all.flatMap((a) => names.map((n) => a[n])).filter((v) => typeof v === 'string' && v.length > 3));
}

function assertNothingOf(values, answer) {
  const told = [...values].filter((value) => answer.includes(value));
  assert.deepEqual(told, [], answer.slice(0, 2000));
}

describe('dcmqrscp and Orthanc', { timeout: 300000 }, () => {
  afterEach(() => close(open));
  let sources;
  let studies;
  let values;
  const patient = 'P1000';
  const mine = () => studies.filter((s) => s.attributes.PatientID === patient);

  before(async () => {
    const all = await syntheticStudies({ studies: 30, seed: 7, plain: true });
    ({ studies } = all.truth);
    values = valuesOf(studies);
    const first = keptForAll(await startDcmqrscp(all));
    const second = keptForAll(await startOrthanc(all));
    sources = { first: sourceFor(first, 'dimse'), second: sourceFor(second, 'dicomweb') };
    assert.ok(mine().length > 1);
  });

  async function ponsWith(which, fhir = { explain: 'trace' }) {
    const pons = kept(await startPons({ fhir, sources: Object.fromEntries(which.map((name) => [name, sources[name]])) }));
    const client = new Client(pons.base);
    kept({ stop: () => client.finish() });
    return { ...pons, client };
  }

  test('the operation is valid R4 in JSON and XML, is listed, and asks no archive', async () => {
    const { client, base } = await ponsWith(['first', 'second'], {});
    const { body: capabilities } = await client.get('metadata');
    const { definition } = capabilities.rest[0].resource.find((r) => r.type === 'ImagingStudy').operation.find((o) => o.name === 'explain');
    assert.equal(definition, `${base}/OperationDefinition/ImagingStudy-explain`);
    const { body: operation } = await client.get(definition);
    assert.equal(operation.url, definition);
    await client.get(definition, { headers: { accept: 'application/fhir+xml' } });
    for (const search of [`patient=${patient}`, 'started=ge2000', 'modality=CT', '_id=1.2.3', `patient=${patient}&_summary=count`, 'bogus=1&started=ge2000&_sort=_id']) {
      const { status, body, text: raw } = await client.get(`ImagingStudy/$explain?${search}`);
      assert.equal(status, 200);
      assert.equal(body.resourceType, 'Parameters');
      assert.deepEqual(parts(body, 'source').map((s) => text(s, 'name')), ['first', 'second']);
      assertNothingOf(values, raw);
      const xml = await client.get(`ImagingStudy/$explain?${search}`, { headers: { accept: 'application/fhir+xml' } });
      assert.deepEqual(xml.body.parameter.map((p) => p.name), body.parameter.map((p) => p.name));
    }
    const plain = await client.raw(`ImagingStudy/$explain?patient=${patient}`, { headers: { accept: 'text/plain' } });
    assert.match(plain.headers['content-type'], /^text\/plain/);
    assert.match(plain.text, /^first \(dimse\): keyed\n {2}C-FIND STUDY {2}PatientID/);
    assert.match(plain.text, /GET \/dicom-web\/studies\?PatientID=<5 characters>&/);
    assert.equal((await client.get(`ImagingStudy/$explain?patient=${patient}&_trace=true`)).status, 400);
    assert.equal((await client.get('ImagingStudy/$explain?started=yesterday')).status, 400);
  });

  for (const name of ['first', 'second']) {
    test(`${name}: a trace tells the rows that came, and what became of them`, async () => {
      const { client } = await ponsWith([name]);
      const modality = mine()[0].series[0].attributes.Modality;
      const search = `patient=${patient}&modality=${modality}&_count=50`;
      const traced = await client.get(`ImagingStudy/$explain?${search}&_trace=true`);
      const trace = part(traced.body, 'trace');
      const found = matches((await client.get(`ImagingStudy?${search}`)).body);
      assert.equal(number(trace, 'studies'), found.length);
      const source = part(trace, 'source');
      assert.equal(text(source, 'name'), name);
      assert.equal(number(source, 'studies_out'), found.length);
      assert.equal(number(source, 'studies_matched'), found.length);
      assert.equal(dropped(source, 'does not meet modality'), mine().length - found.length);

      const finds = parts(source, 'find');
      assert.equal(number(finds[0], 'rows'), mine().length);
      assert.equal(number(source, 'rows_in'), sum(finds.map((f) => number(f, 'rows'))));
      const queries = finds.flatMap((f) => parts(f, 'query'));
      assert.equal(number(source, 'queries'), queries.length);
      const series = finds.filter((f) => text(f, 'asked').startsWith('SERIES'));
      // Where the study level tells the modalities, only the studies that match are asked for their series.
      const shown = new Set(found.map(({ id }) => id));
      const seriesOf = (some) => sum(some.map((s) => s.series.length));
      const expected = [seriesOf(mine()), seriesOf(mine().filter((s) => shown.has(s.attributes.StudyInstanceUID)))];
      assert.ok(expected.includes(sum(series.map((f) => number(f, 'rows')))), `${expected}`);
      if (name === 'second') {
        const pages = queries.flatMap((q) => parts(q, 'exchange'));
        assert.ok(pages.length >= queries.length);
        for (const page of pages) {
          assert.match(text(page, 'what'), /^GET \/dicom-web\/(studies|series)/);
          assert.equal(number(page, 'status'), 200);
        }
      }
      assertNothingOf(values, traced.text);

      // The same again within a moment: what is kept is not asked for again, and the trace says so.
      const again = part(part((await client.get(`ImagingStudy/$explain?${search}&_trace=true`)).body, 'trace'), 'source');
      const keptOnes = parts(again, 'find').filter((f) => parts(f, 'shared').length === 1);
      assert.equal(keptOnes.length, finds.length);
      assert.equal(number(again, 'queries'), 0);
    });
  }

  test('windows of study dates are told one by one, without a date', async () => {
    const { client } = await ponsWith(['first']);
    const traced = await client.get('ImagingStudy/$explain?started=ge1990&_count=5&_trace=true');
    const source = part(part(traced.body, 'trace'), 'source');
    const windows = parts(source, 'find').filter((f) => text(f, 'why') === 'a window of study dates');
    assert.ok(windows.length > 1, traced.text.slice(0, 1000));
    for (const one of windows) assert.match(text(one, 'asked'), /StudyDate \(0008,0020\) = <(\d+ days?|from a day on|up to a day)>/);
    assertNothingOf(values, traced.text);
  });

  test('what two archives hold is told of both', async () => {
    const { client } = await ponsWith(['first', 'second']);
    const { body } = await client.get(`ImagingStudy/$explain?patient=${patient}&_count=50&_trace=true`);
    const told = parts(part(body, 'trace'), 'source');
    assert.deepEqual(told.map((s) => number(s, 'studies_matched')), [mine().length, mine().length]);
    assert.equal(sum(told.map((s) => number(s, 'studies_out'))), mine().length);
    assert.equal(sum(told.map((s) => dropped(s, 'a study that another source holds too'))), mine().length);
  });

  test('the command makes the search, masked unless it is asked not to', async () => {
    const { config } = await ponsWith(['first', 'second']);
    const explain = (...more) => run(binary(), ['explain', '--run', '--config', config, ...more, `ImagingStudy?patient=${patient}&_count=50`]);
    const masked = await explain();
    assert.match(masked, /^trace:\n {2}took_ms: \d+\n {2}studies: \d+\n/);
    assertNothingOf(values, masked);
    const told = JSON.parse(await explain('--json'));
    assert.equal(told.trace[0].studies[0], mine().length);
    assert.deepEqual(told.trace[0].source.map((s) => s.name[0]), ['first', 'second']);
    assert.match(await explain('--unmasked'), new RegExp(`PatientID \\(0010,0020\\) = ${patient};`));
  });
});
