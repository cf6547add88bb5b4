// pons probe before the quirk archive, one switch at a time, and before dcmqrscp and Orthanc: what it learns, how much it asks, and that
// what it prints can be pasted.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { presets } from '../support/quirk_pacs/presets.mjs';
import { sampleTruth } from '../support/quirk_pacs/sample.mjs';
import { publicStudies, startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { binary } from './support/pons.mjs';
import { freePort, removeFolder, start, temporaryFolder } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const timeouts = { connect: '2s', association: '2s', first_response: '5s', between_responses: '5s' };
const sourceOf = (archive, face) => (face === 'dicomweb' ? { kind: 'dicomweb', url: archive.url, timeouts }
  : { kind: 'dimse', host: '127.0.0.1', port: archive.dimsePort ?? archive.dicomPort ?? archive.port, called_ae: archive.aet, timeouts });

/// Runs the program with a configuration of one source: {code, output, errors}. `quirks`: lines of YAML that stand below that key.
async function run(source, args, quirks = '', dicom = { listen: '127.0.0.1:0' }) {
  const folder = temporaryFolder('probe');
  const config = join(folder, 'pons.yaml');
  const lines = Object.entries(source).map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`);
  writeFileSync(config, [`dicom: ${JSON.stringify(dicom)}`, 'sources:', '  pacs:', ...lines, ...(quirks ? ['    quirks:', quirks] : []), ''].join('\n'));
  const errors = join(folder, 'errors');
  const asked = start('/bin/sh', ['-c', 'exec "$0" "$@" 2>"$ERRORS"', binary(), 'probe', 'pacs', '--config', config, ...args], { env: { ...process.env, ERRORS: errors } });
  const { code } = await asked.ended;
  const result = { code, output: asked.output, errors: readFileSync(errors, 'utf8') };
  removeFolder(folder);
  return result;
}

/// What it learned: {code, queries, quirks: {key: value}, why: {key}, untold: {key: why}, seen: text, presets}.
async function probe(source, args, quirks) {
  const { code, output, errors } = await run(source, [...args, '--json'], quirks);
  assert.ok([0, 5].includes(code), `${code}: ${errors}${output}`);
  const told = JSON.parse(output);
  assert.equal(told.differs, code === 5);
  const by = (list, value) => Object.fromEntries(list.map((one) => [one.key, one[value]]));
  const bare = (value) => value.replace(/^"(.*)"$/, '$1');  // YAML's quotes
  return { ...told, code, quirks: Object.fromEntries(told.quirks.map((one) => [one.key, bare(one.value)])), why: by(told.quirks, 'why'), untold: by(told.untold, 'why'), seen: told.seen.join('\n'), output };
}

const pasted = (output) => output.split('\n').filter((line) => /^ {6}\w/.test(line)).join('\n');

// Nothing of the study may be told.
function keepsSilent(output, truth) {
  const values = truth.studies.flatMap(({ attributes }) => ['StudyInstanceUID', 'PatientName', 'PatientID', 'AccessionNumber', 'StudyDescription', 'StudyDate', 'PatientBirthDate']
    .map((keyword) => attributes[keyword])).filter((value) => typeof value === 'string' && value.length > 4);
  for (const value of values) assert.ok(!output.includes(value), `a value of the archive is told: ${value}`);
}

// At most 60 queries, one association at a time, and each can match one study at most; but the first, which may look for it, brings one row.
function asksLittle(pacs, looksForIt) {
  const { searches } = pacs.log;
  assert.ok(searches.length > 10 && searches.length <= 60, `${searches.length} queries`);
  assert.ok(pacs.log.mostAtOnce <= 1, `${pacs.log.mostAtOnce} at once`);
  const { studies } = pacs.model.truth ?? sampleTruth;
  for (const [n, { keys = {}, rows = 0, level, path, status }] of searches.entries()) {
    if (Number(status) >= 400) continue;  // refused before it was read: nothing can match
    // With another Accept, or with stars, it is looked for once more.
    if (looksForIt && (n === 0 || (n === 1 && (keys.StudyInstanceUID ?? '*') === '*'))) {
      assert.ok(rows <= 2, 'the search for the study is ended after the first row');  // one more is on its way when it is cancelled
      continue;
    }
    const named = (keyword, uids) => !keys[keyword] || keys[keyword].split('\\').some((uid) => uids.includes(uid));
    const possible = studies.filter(({ attributes, series }) => (keys.StudyInstanceUID || keys.SeriesInstanceUID || keys.SOPInstanceUID || (keys.AccessionNumber && keys.PatientID))
      ? named('StudyInstanceUID', [attributes.StudyInstanceUID])
        && named('SeriesInstanceUID', series.map((one) => one.attributes.SeriesInstanceUID))
        && named('SOPInstanceUID', series.flatMap(({ instances }) => instances.map((one) => one.attributes.SOPInstanceUID)))
        && (!keys.AccessionNumber || keys.StudyInstanceUID || keys.AccessionNumber === attributes.AccessionNumber)
      : true);
    assert.ok(possible.length <= 1, `${possible.length} studies may match ${JSON.stringify({ level, path, keys })}`);
  }
}

// One row: [switches, face, the study, {key: value}, what else is seen, what could not be told].
const jane = ['--accession', 'A1'];
const joerg = ['--accession', 'A3'];
const undated = ['--study', '1.2.826.0.1.3680043.10.1.9.5'];
const cases = [
  [{}, 'dimse', jane, { name_matching: 'insensitive', modalities_in_study: 'true', series_by_uid_list: 'false', relational: 'false' }, [/A value that is not the study's keeps it away:.*StudyID/]],
  [{}, 'dicomweb', jane, { query_encoding: 'strict', name_matching: 'insensitive', modalities_in_study: 'true', series_by_uid_list: 'true', relational: 'true', offset: 'true', accept: 'application/dicom+json' },
    [/without results is answered with 200/, /nobody knows: the study came, with a Warning/]],
  [{ 'f1.modalities_in_study': 'ignored' }, 'dimse', jane, { modalities_in_study: 'false' }, [/Ignored as keys: ModalitiesInStudy\./]],
  [{ 'f1.modalities_in_study': 'absent' }, 'dimse', jane, { modalities_in_study: 'false' }, [/Not returned: ModalitiesInStudy/]],
  [{ 'f1.modalities_in_study': 'unreturned' }, 'dicomweb', jane, { modalities_in_study: 'false' }, [/Not returned: .*ModalitiesInStudy/]],
  [{ 'f1.modalities_in_study': 'refused' }, 'dimse', jane, { modalities_in_study: 'false' }, [/Refused as keys: ModalitiesInStudy \(A900\)/]],
  [{ 'f2.several_values': 'or' }, 'dimse', jane, { modalities_in_study: 'true' }, [/Two values.*PatientID or another: the study came/]],
  [{ 'f3.counts': 'absent' }, 'dimse', jane, {}, [/Not returned: NumberOfStudyRelatedSeries, NumberOfStudyRelatedInstances/]],
  [{ 'f4.unmatched': 'PatientName,PatientBirthDate' }, 'dimse', jane, {}, [/Ignored as keys: PatientName, PatientBirthDate/], { name_matching: /PatientName.*the study came/ }],
  [{ 'f5.unique_key_wins': 'on' }, 'dimse', jane, { relational: 'false' }, [/Beside a Study Instance UID all other keys are ignored/, /Beside an accession number PatientID is ignored/],
    { name_matching: /ignores all other keys/, modalities_in_study: /ignores all other keys/ }],
  [{ 'f6.star': 'dates_refused' }, 'dimse', jane, {}, [/StudyDate=\* refused with C000.*PatientName=\* the study came/]],
  [{ 'f6.star': 'dates_nothing' }, 'dimse', jane, {}, [/StudyDate=\* nothing came/]],
  [{ 'f6.star': 'refused' }, 'dimse', jane, {}, [/PatientID=\* refused with C000/]],
  [{ 'f6.star': 'required' }, 'dimse', jane, { universal: 'star', name_matching: 'insensitive', modalities_in_study: 'true' }],
  [{ 'f8.relational': 'always' }, 'dimse', jane, { relational: 'true', series_by_uid_list: 'true' }],
  [{ 'f8.relational': 'nothing' }, 'dimse', jane, { relational: 'false', series_by_uid_list: 'false' }],
  [{ 'f8.relational': 'never' }, 'dicomweb', jane, { relational: 'false', series_by_uid_list: 'false' }],
  [{ 'f12.cancel': 'ignored', 'f11.cap': '2' }, 'dimse', ['--patient', 'P1'], { name_matching: 'insensitive' }],
  [{ 'f13.times': 'combined' }, 'dimse', jane, {}, [/Date and time are matched as one interval/]],
  [{ 'f13.times': 'ignored' }, 'dimse', jane, {}, [/Ignored as keys: StudyTime/]],
  [{ 'f13.times': 'nothing' }, 'dimse', jane, {}, [/A range of dates together with one of times: nothing came/]],
  [{ 'f14.case': 'sensitive' }, 'dimse', jane, { name_matching: 'sensitive' }],
  [{ 'f14.case': 'sensitive' }, 'dicomweb', jane, { name_matching: 'sensitive' }],
  [{ 'f14.case': 'insensitive' }, 'dimse', joerg, { name_matching: 'insensitive', charset_query: 'ISO_IR 192' }, [/Names are found without their accents only where they have none/]],
  [{ 'f15.names': 'words' }, 'dimse', joerg, { name_matching: 'insensitive', wildcards: 'false' }],
  [{ 'f15.names': 'literal' }, 'dimse', jane, { wildcards: 'false' }],
  [{ 'f20.duplicates': 'differing' }, 'dimse', jane, { name_matching: 'insensitive' }],
  [{ 'f25.accession_prefix': ' ' }, 'dimse', ['--accession', ' A1'], { leading_spaces: 'false' }],
  [{ 'f27.picky': 'nothing' }, 'dimse', jane, { name_matching: 'insensitive' }],
  [{ 'v1.unlabelled': 'on' }, 'dimse', joerg, {}, [], { charset_default: /are UTF-8/ }],
  [{ 'v1.unlabelled': 'on', 'v1.charset': 'ISO_IR 100' }, 'dimse', joerg, {}, [], { charset_default: /not UTF-8/ }],
  [{ 'v2.label_on_request': 'on' }, 'dimse', joerg, {}, [/Specific Character Set comes only when it is asked for/]],
  [{ 'v5.database': 'ISO_IR 100' }, 'dimse', joerg, { charset_query: 'ISO_IR 100' }],
  [{ 'v1.charset': 'ISO_IR 101', 'v5.database': 'ISO_IR 101' }, 'dimse', joerg, { charset_query: 'ISO_IR 101' }],
  [{ 'v6.ascii_only': 'refused' }, 'dimse', joerg, {}, [], { charset_query: /refused with C000/ }],
  [{ 'w1.percent': 'minimal' }, 'dicomweb', jane, { query_encoding: 'minimal', name_matching: 'insensitive', wildcards: 'true' }],
  [{ 'w1.percent': 'minimal' }, 'dicomweb', joerg, { query_encoding: 'minimal', name_matching: 'insensitive', wildcards: 'true' }],
  [{}, 'dicomweb', joerg, { query_encoding: 'strict', name_matching: 'insensitive' }],
  [{ 'w2.unknown_keys': 'ignored' }, 'dicomweb', jane, {}, [/nobody knows: the study came\./]],
  [{ 'w2.unknown_keys': 'refused' }, 'dicomweb', jane, {}, [/nobody knows: refused with HTTP 400/]],
  [{ 'w3.includefield': 'commas_refused' }, 'dicomweb', jane, { name_matching: 'insensitive' }, [/includefield with a list: refused with HTTP 400/]],
  [{ 'w4.max_limit': '200', 'w4.above': 'refused' }, 'dicomweb', jane, { page_limit: '200' }],
  [{ 'w4.max_limit': '200' }, 'dicomweb', jane, {}, [], { page_limit: /limit=1000 is taken/ }],
  [{ 'w6.offset': 'ignored' }, 'dicomweb', jane, { offset: 'false' }],
  [{ 'w6.offset': 'refused' }, 'dicomweb', jane, { offset: 'false' }],
  [{ 'w7.wildcards': 'refused' }, 'dicomweb', jane, { wildcards: 'false' }],
  [{ 'w7.wildcards': 'literal' }, 'dicomweb', jane, { wildcards: 'false' }],
  [{ 'w8.fuzzy': 'refused' }, 'dicomweb', jane, {}, [/fuzzymatching=true: refused with HTTP 400/]],
  [{ 'w9.empty': '204' }, 'dicomweb', jane, { modalities_in_study: 'true' }, [/without results is answered with 204/]],
  [{ 'w9.empty': '404' }, 'dicomweb', jane, { modalities_in_study: 'true', offset: 'true' }, [/without results is answered with 404/]],
  [{ 'w11.accept': 'plain_json' }, 'dicomweb', jane, { accept: 'application/json', name_matching: 'insensitive' }],
  [{ 'w11.accept': 'json_always' }, 'dicomweb', jane, {}, [/application\/dicom\+xml is answered with application\/dicom\+json/]],
  [{ 'w11.accept': 'json_only' }, 'dicomweb', jane, { accept: 'application/dicom+json' }, [/Accept: application\/json: refused with HTTP 406/]],
  [{ 'w23.searchable': 'StudyInstanceUID,PatientID' }, 'dicomweb', jane.with(0, '--patient').with(1, 'P1'), { modalities_in_study: 'false' }, [/Refused as keys: .*StudyDate \(HTTP 400\)/]],
  [{}, 'dicomweb', undated, { empty_value_matching: 'true' }],
  [{ 'w25.empty_values': 'literal' }, 'dicomweb', undated, { empty_value_matching: 'false' }],
];

// Keys that this version of the configuration has.
const configured = new Set(['query_encoding', 'charset_default', 'charset_query', 'name_matching', 'universal', 'wildcards', 'modalities_in_study', 'series_by_uid_list', 'relational', 'empty_value_matching',
  'leading_spaces', 'page_limit', 'offset', 'accept'].filter((key) => readFileSync(new URL('../../config/key_rows.cpp', import.meta.url), 'utf8').includes(`sources.*.quirks.${key}`)));

describe('before the quirk archive', () => {
  const chosen = new RegExp(process.env.QUIRKS ?? '');
  for (const [quirks, face, study, expected, seen = [], untold = {}] of cases) {
    const name = `${Object.entries(quirks).map((pair) => pair.join('=')).join(' ') || 'no quirk'} by ${face}, ${study.join(' ')}`;
    if (!chosen.test(name)) continue;
    test(name, async () => {
      const pacs = kept(await startQuirkPacs({ truth: sampleTruth, quirks, dimse: face === 'dimse' ? 0 : false, http: face === 'dicomweb' ? 0 : false }));
      const told = await probe(sourceOf(pacs, face), study);
      if (process.env.SHOW) console.log(told.output);
      for (const [key, value] of Object.entries(expected)) {
        if (configured.has(key)) assert.equal(told.quirks[key], value, `${key}: ${told.why[key] ?? told.untold[key]}`);
        else assert.match(told.seen, new RegExp(`^${key}: `, 'm'));
      }
      for (const pattern of seen) assert.match(told.seen, pattern);
      for (const [key, pattern] of Object.entries(untold)) assert.match(told.untold[key] ?? '', pattern);
      asksLittle(pacs, study[0] !== '--study');
      assert.equal(told.queries, pacs.log.searches.length);
      for (const why of Object.values(told.untold)) assert.doesNotMatch(why, /no queries were left/);
      keepsSilent(told.output, sampleTruth);
    });
  }
});

describe('before what is known of products', () => {
  for (const { name: preset } of presets) {
    for (const face of preset === 'sectra' ? ['dimse'] : ['dimse', 'dicomweb']) {
      test(`${preset} by ${face}`, async () => {
        const pacs = kept(await startQuirkPacs({ truth: sampleTruth, preset }));
        const source = sourceOf({ ...pacs, url: pacs.url + pacs.switches.get('w13.qido'), dimsePort: pacs.dimsePort, aet: pacs.aet }, face);
        const told = await probe(source, jane);
        assert.ok(Object.keys(told.quirks).length >= 4, told.output);
        asksLittle(pacs, true);
        keepsSilent(told.output, sampleTruth);
        if (preset === 'ge-archive' && face === 'dimse') assert.match(JSON.stringify(told), /with empty keys nothing came, with \* the study/);
      });
    }
  }
});

/// Runs it twice, the second time with what the first has printed: then nothing differs. Gives what the first printed.
async function settles(pacs, face, study) {
  const first = await run(sourceOf(pacs, face), study);
  assert.equal(first.code, 5, first.errors);
  assert.match(first.output, /# DIFFERS, now unknown: /);
  const second = await run(sourceOf(pacs, face), study, pasted(first.output));
  assert.equal(second.code, 0, second.errors + second.output);
  assert.doesNotMatch(second.output, /DIFFERS/);
  assert.match(second.output, /# Nothing differs/);
  assert.equal(pasted(second.output), pasted(first.output).replace(/DIFFERS, now [^:]*: /g, ''));
  return first.output;
}

// Identifiers with spaces before them, as some systems write them, of patients whose names are not ASCII.
const spaced = structuredClone(sampleTruth);
for (const { attributes } of spaced.studies) for (const keyword of ['PatientID', 'AccessionNumber', 'StudyID']) if (attributes[keyword]) attributes[keyword] = ` ${attributes[keyword]}`;
const kobayashi = ['--patient', ' P4'];
const typed = ['--accession', 'A3'];
const stored = ['--accession', ' A3'];

describe('before an archive of Müller and 小林, whose identifiers begin with spaces', () => {
  for (const [quirks, face, study, expected] of [
    // What is typed without its space is found, and shows nothing of how it is stored.
    [{}, 'dimse', typed, { leading_spaces: undefined, charset_query: 'ISO_IR 192', name_matching: 'insensitive' }],
    [{}, 'dimse', stored, { leading_spaces: 'true', charset_query: 'ISO_IR 192', name_matching: 'insensitive' }],
    [{}, 'dimse', kobayashi, { leading_spaces: 'true' }],
    [{ 'v5.database': 'ISO_IR 100' }, 'dimse', stored, { leading_spaces: 'true', charset_query: 'ISO_IR 100', name_matching: 'insensitive' }],
    [{ 'f14.case': 'sensitive', 'v1.unlabelled': 'on', 'v1.charset': 'ISO_IR 100' }, 'dimse', stored, { leading_spaces: 'true', name_matching: 'sensitive' }],
    [{ 'v6.ascii_only': 'refused' }, 'dimse', stored, { leading_spaces: 'true', charset_query: undefined }],
    [{ 'f25.accession_prefix': ' ' }, 'dimse', ['--accession', '  A3'], { leading_spaces: 'false' }],
    [{}, 'dicomweb', stored, { leading_spaces: 'true', name_matching: 'insensitive', query_encoding: 'strict' }],
    [{ 'w1.percent': 'minimal' }, 'dicomweb', typed, { leading_spaces: undefined, query_encoding: 'minimal' }],
  ]) {
    test(`${JSON.stringify(quirks)} by ${face}, ${study.join(' ')}`, async () => {
      const pacs = kept(await startQuirkPacs({ truth: spaced, quirks, dimse: face === 'dimse' ? 0 : false, http: face === 'dicomweb' ? 0 : false }));
      const told = await probe(sourceOf(pacs, face), study);
      if (process.env.SHOW) console.log(told.output);
      for (const [key, value] of Object.entries(expected)) assert.equal(told.quirks[key], value, `${key}: ${told.why[key] ?? told.untold[key]}`);
      assert.ok(pacs.log.searches.length <= 60 && pacs.log.mostAtOnce <= 1);
      keepsSilent(told.output, spaced);
      keepsSilent(await settles(pacs, face, study), spaced);
    });
  }
});

for (const [quirks, face, study] of [cases[0], cases[1], [{ 'f14.case': 'sensitive', 'f1.modalities_in_study': 'absent' }, 'dimse', jane], [{ 'w1.percent': 'minimal', 'w6.offset': 'refused' }, 'dicomweb', jane]]) {
  test(`what it prints can be pasted, and then nothing differs: ${JSON.stringify(quirks)} by ${face}`, async () => {
    const pacs = kept(await startQuirkPacs({ truth: sampleTruth, quirks }));
    await settles(pacs, face, study);
  });
}

test('nothing is asked when the guard says no, and little when the study is not there', async () => {
  const pacs = kept(await startQuirkPacs({ truth: sampleTruth }));
  const source = sourceOf(pacs, 'dimse');
  const off = await run({ ...source, enabled: false }, jane);
  assert.equal(off.code, 1);
  assert.equal(pacs.log.entries.length, 0);
  const needy = await run({ ...source, limits: { require_any_of: ['PatientID'] } }, jane);
  assert.equal(needy.code, 1);
  assert.equal(pacs.log.entries.length, 0);
  const absent = await run(source, ['--accession', 'NOT THERE']);
  assert.equal(absent.code, 1);
  assert.match(absent.errors, /does not find that study/);
  assert.equal(pacs.log.searches.length, 2);  // once with empty keys, once with stars
  const today = await run(source, []);
  assert.equal(today.code, 1);
  assert.match(today.errors, /no study of today; name one/);
  for (const wrong of [['--accession', '*'], ['--study', '1.2*'], ['--accession', 'A1', '--patient', 'P1']]) assert.equal((await run(source, wrong)).code, 2);
  assert.equal(pacs.log.searches.length, 4);
});

test('without a name a study of today is taken', async () => {
  const now = new Date();
  const today = [now, new Date(now.getTime() + 86400000)].map((day) => day.toISOString().slice(0, 10).replaceAll('-', ''));  // should midnight pass meanwhile
  const truth = structuredClone(sampleTruth);
  truth.studies.forEach(({ attributes }, n) => { attributes.StudyDate = today[n % 2]; });
  const pacs = kept(await startQuirkPacs({ truth }));
  const told = await probe(sourceOf(pacs, 'dimse'), []);
  assert.equal(told.quirks.modalities_in_study, 'true');
});

describe('before real archives', () => {
  const study = ['--accession', 'ACC00001'];
  const plain = () => syntheticStudies({ studies: 6, plain: true });
  const twice = async (source, args) => {
    const first = await run(source, args);
    assert.equal(first.code, 5, first.errors);
    const second = await run(source, args, pasted(first.output));
    assert.equal(second.code, 0, second.errors + second.output);
  };

  test('dcmqrscp', async () => {
    const data = await plain();
    const archive = kept(await startDcmqrscp(data));
    const told = await probe(sourceOf(archive, 'dimse'), study);
    if (process.env.SHOW) console.log(told.output);
    assert.ok(told.queries <= 60);
    assert.equal(told.quirks.modalities_in_study, 'false');
    assert.match(told.why.modalities_in_study, /ignored; it is not returned/);
    assert.equal(told.quirks.name_matching, 'sensitive');
    assert.equal(told.quirks.relational, 'false');
    assert.match(told.seen, /Ignored as keys: .*NumberOfStudyRelatedInstances/);
    assert.match(told.seen, /Not returned: .*NumberOfStudyRelatedInstances/);
    assert.match(told.seen, /StudyDate=\* nothing came/);
    assert.match(told.seen, /matched each for itself, not as one interval/);
    assert.deepEqual(told.presets.find(({ name }) => name === 'dcmtk-qrscp')?.but_for, ['series_by_uid_list']);  // it takes such lists, which the preset leaves to be found out
    keepsSilent(told.output, data.truth);
    await twice(sourceOf(archive, 'dimse'), study);
  });

  test('dcmqrscp, with a retrieve', async () => {
    const dicom = await freePort();
    const archive = kept(await startDcmqrscp(await plain(), { destinations: { PONS_MOVE: dicom } }));
    const { code, output } = await run(sourceOf(archive, 'dimse'), [...study, '--retrieve'], '', { listen: `127.0.0.1:${dicom}` });
    assert.equal(code, 5);
    for (const way of ['C-GET', 'C-MOVE']) assert.match(output, new RegExp(`# {3}${way}: One instance came`));
  });

  test('Orthanc by DIMSE and by DICOMweb', async () => {
    const data = await plain();
    const archive = kept(await startOrthanc(data));
    const dimse = await probe(sourceOf(archive, 'dimse'), study);
    if (process.env.SHOW) console.log(dimse.output);
    assert.match(dimse.seen, /StudyDate=\* refused with C000/);
    assert.match(dimse.seen, /PatientName=\* the study came/);
    assert.match(dimse.seen, /matched each for itself, not as one interval/);
    assert.match(dimse.seen, /Returned without a value: .*RetrieveAETitle, InstanceAvailability/);
    assert.match(dimse.seen, /own modality or another: the study came/);
    assert.deepEqual([dimse.quirks.modalities_in_study, dimse.quirks.name_matching, dimse.quirks.relational, dimse.quirks.series_by_uid_list], ['true', 'insensitive', 'true', 'true']);
    assert.deepEqual(dimse.presets[0], { name: 'orthanc', but_for: [] });
    const web = await probe(sourceOf(archive, 'dicomweb'), study);
    if (process.env.SHOW) console.log(web.output);
    assert.equal(web.quirks.query_encoding, 'minimal');
    assert.equal(web.quirks.name_matching, 'insensitive');
    assert.match(web.seen, /nobody knows: the study came\./);
    assert.match(web.seen, /Accept: application\/dicom\+xml is answered with application\/dicom\+json/);
    assert.deepEqual(web.presets, [{ name: 'orthanc-dicomweb-old', but_for: [] }]);
    assert.ok(dimse.queries <= 60 && web.queries <= 60);
    keepsSilent(dimse.output + web.output, data.truth);
    for (const face of ['dimse', 'dicomweb']) await twice(sourceOf(archive, face), study);
  });
});
