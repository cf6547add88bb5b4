// Letters that an archive does not label, or labels wrongly: found with the key that says so, and without it never missing in silence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { Client, entries, matches } from './support/client.mjs';
import { find } from './support/dcmtk_clients.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';

const study = (n, attributes) => ({ attributes: { StudyInstanceUID: `2.25.77.${n}`, StudyDate: `202401${String(n + 10)}`, StudyTime: '101500', AccessionNumber: `A${n}`, ...attributes },
  series: [{ attributes: { SeriesInstanceUID: `2.25.77.${n}.1`, Modality: 'CT' }, instances: [] }] });
const russian = (n) => study(n, { PatientID: `Ж${n % 3}`, PatientName: 'Иванов^Пётр', ReferringPhysicianName: 'Сидоров^А' });
const german = (n) => study(n, { PatientID: `P${n}`, PatientName: 'Müller^Jörg', ReferringPhysicianName: 'Größe^B' });
const plain = (n) => study(n, { PatientID: `P${n}`, PatientName: 'Miller^John', ReferringPhysicianName: 'Roe^C' });
const six = (make) => ({ studies: [0, 1, 2, 3, 4, 5].map(make) });

async function up(t, truth, quirks, keys = {}) {
  const pacs = await startQuirkPacs({ truth, quirks, http: false });
  t.after(() => pacs.close());
  const dimsePort = await freePort();
  const pons = await startPons({ log: { level: 'error' }, fhir: { allow_unbounded: true, search_depth: 'study' }, dicom: { listen: `127.0.0.1:${dimsePort}` },
    peers: { FINDSCU: { host: '127.0.0.1', port: 104 } },
    sources: { main: sourceFor({ port: pacs.dimsePort, aet: pacs.aet }, 'dimse', Object.keys(keys).length ? { quirks: keys } : {}) } });
  t.after(() => pons.stop());
  const client = new Client(pons.base);
  return {
    async fhir(parameter, value) {
      const answer = await client.raw(`ImagingStudy?${parameter}=${encodeURIComponent(value)}&_count=50`);
      assert.equal(answer.status, 200, answer.text);
      const bundle = JSON.parse(answer.text);
      const loud = entries(bundle, 'outcome').flatMap(({ issue }) => issue).filter(({ severity }) => severity !== 'information');
      return { found: matches(bundle).length, loud: loud.map(({ code, diagnostics }) => `${code}: ${diagnostics}`).join('; '), total: bundle.total };
    },
    async qido(key, value) {
      const answer = await fetch(`${pons.url}/dicomweb/studies?${key}=${encodeURIComponent(value)}`);
      return { found: answer.status === 200 ? (await answer.json()).length : 0, loud: answer.headers.get('warning') ?? '' };
    },
    async dimse(key, value) {
      const { rows, status } = await find({ aet: 'PONS', dimsePort }, ['SpecificCharacterSet=ISO_IR 192', `${key}=${value}`, 'StudyInstanceUID']);
      return { found: rows.length, loud: status === '0000' ? '' : status };
    },
  };
}

/// The name and the identifier, by each face: {found, loud}.
async function all(asked, name, id) {
  const answers = {
    'FHIR, a name': await asked.fhir('patient.name', name), 'FHIR, an identifier': await asked.fhir('patient.identifier', id),
    'QIDO-RS, an identifier': await asked.qido('PatientID', id), 'C-FIND, an identifier': await asked.dimse('PatientID', id),
  };
  return Object.entries(answers);
}

const unlabelled = { 'v1.charset': 'ISO_IR 144', 'v1.unlabelled': 'on' };
const mislabelled = { 'v1.charset': 'ISO_IR 144', 'v3.label': 'ISO_IR 100' };
const cases = [
  ['without a label', unlabelled, { charset_default: 'ISO_IR 144' }, /quirks\.charset_default/],
  ['under a wrong label', mislabelled, { charset_labels: { 'ISO_IR 100': 'ISO_IR 144' } }, /quirks\.charset_labels/],
];

for (const [what, quirks, keys, hint] of cases) {
  test(`Cyrillic ${what} is found with the key`, async (t) => {
    const asked = await up(t, six(russian), quirks, keys);
    for (const [how, { found, loud }] of await all(asked, 'Иванов', 'Ж1')) {
      assert.equal(found, how === 'FHIR, a name' ? 6 : 2, how);
      assert.equal(loud, '', how);
    }
  });

  test(`Cyrillic ${what} is told to be missing without the key`, async (t) => {
    const asked = await up(t, six(russian), quirks);
    for (const [how, { found, loud, total }] of await all(asked, 'Иванов', 'Ж1')) {
      assert.equal(found, 0, how);
      assert.match(loud, how.startsWith('C-FIND') ? /^A700$/ : hint, how);
      assert.equal(total, undefined, how);
    }
  });

  test(`Cyrillic ${what} among other text, which is UTF-8`, async (t) => {
    const mixed = { studies: [0, 1, 2, 3, 4, 5].map((n) => (n % 2 ? german : russian)(n)) };
    const [knows, not] = [await up(t, mixed, quirks, keys), await up(t, mixed, quirks)];
    for (const asked of [knows, not]) {
      const { found, loud } = await asked.fhir('patient.name', 'Müller');
      assert.deepEqual({ found, loud }, { found: 3, loud: '' });
    }
    assert.equal((await knows.fhir('patient.name', 'Иванов')).found, 3);
    assert.match((await not.fhir('patient.name', 'Иванов')).loud, hint);
  });
}

test('an archive that can be read is not doubted', async (t) => {
  for (const [truth, quirks, name, id, found] of [
    [six(german), {}, 'Иванов', 'Ж1', 0],                                            // ISO_IR 192
    [six(german), { 'v1.unlabelled': 'on' }, 'Müller', 'P1', 6],                      // UTF-8
    [six(german), { 'v1.unlabelled': 'on' }, 'Иванов', 'Ж1', 0],
    [six(german), { 'v1.charset': 'ISO_IR 100', 'v1.unlabelled': 'on' }, 'Köhler', 'P1', 0],
    [six(german), { 'v1.charset': 'ISO_IR 100' }, 'Köhler', 'P1', 0],
    [six(russian), { 'v1.charset': 'ISO_IR 144' }, 'Иванов', 'Ж1', 6],
    [six(plain), { 'v1.unlabelled': 'on' }, 'Иванов', 'Ж1', 0],
  ]) {
    const asked = await up(t, truth, quirks);
    const by = await asked.fhir('patient.name', name);
    assert.deepEqual([by.found, by.loud], [found, ''], `${JSON.stringify(quirks)} ${name}`);
  }
});
