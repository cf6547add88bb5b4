// Matching of Modality Worklist queries (PS3.4 §K.6.1, Table K.6-1), case by case and in combinations that are drawn at random, asked by findscu of
// Pons before every kind of worklist, and judged by an oracle that knows the standard only. PONS_SEED and PONS_ROUNDS draw others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startOrderServer } from '../conformance/order_server.mjs';
import { dice } from './support/dice.mjs';
import { judge, wrongWith } from './support/matching_oracle.mjs';
import { aeTitles, fillWithOrders } from './support/orders.mjs';
import { startProvider } from './support/provider.mjs';
import { startWlmscpfs, startWorkitems, step, worklist } from './support/worklists.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

// --- what is scheduled: steps by their number, the last component of their Study Instance UID ---

const steps = [
  { name: 'VIVALDI^ANTONIO', id: 'AV35674', accession: '10000', modality: 'MR', station: 'MR1', date: '20240706', time: '085607', physician: 'JOHNSON^A', step: 'SPD1' },
  { name: 'VERDI^GIUSEPPE', id: 'GV1', accession: '10001', modality: 'CT', station: 'CT1', date: '20240706', time: '113000', physician: 'JOHNSON^A', step: 'SPD2' },
  { name: 'PUCCINI^GIACOMO', id: 'GP2', accession: '10002', modality: 'CT', station: 'CT2', date: '20240707', time: '070000', physician: 'MILLER^B', step: 'SPD3' },
  { name: 'M\u00dcLLER^J\u00d6RG', id: 'JM3', accession: '10003', modality: 'US', station: 'US1', date: '20240801', time: '235959', physician: 'MILLER^B', step: 'SPD4' },
  { name: 'VERDI^GIUSEPPE', id: 'GV1', accession: '10004', modality: 'MR', station: 'MR1', date: '20240801', time: '000000', physician: 'JOHNSON^AB', step: 'SPD5' },
  { name: 'VERDI^GIUSEPPINA', id: 'gv1', accession: '1000', modality: 'CR', station: 'CR_1', date: '20240731', time: '120000', physician: 'MILLER^BEN', step: 'SPD6' },
  { name: 'O\'NEIL', id: 'A.1', accession: 'ACC-8', modality: 'CT', station: 'CT1', date: '20240705', time: '180000', physician: '', step: 'SPD7' },
  { name: 'OXNEIL', id: 'AX1', accession: 'ACC(8', modality: 'DX', station: 'CT10', date: '20240707', time: '180000', physician: 'JOHNSON^A', step: 'spd7' },
];
const uidOf = (n) => `1.2.276.0.7230010.3.2.${n}`;
const entities = Object.fromEntries(steps.map((one, n) => [`${n + 1}`, { PatientName: one.name, PatientID: one.id, AccessionNumber: one.accession, StudyInstanceUID: uidOf(n + 1), RequestedProcedureID: `RP${n}`,
  ScheduledProcedureStepSequence: [{ Modality: one.modality, ScheduledStationAETitle: one.station, ScheduledProcedureStepStartDate: one.date, ScheduledProcedureStepStartTime: one.time,
    ScheduledPerformingPhysicianName: one.physician, ScheduledProcedureStepDescription: `EXAM${n}`, ScheduledProcedureStepID: one.step }] }]));

const vrs = { PatientName: 'PN', PatientID: 'LO', AccessionNumber: 'SH', StudyInstanceUID: 'UI', RequestedProcedureID: 'SH', ScheduledProcedureStepSequence: 'SQ', Modality: 'CS', ScheduledStationAETitle: 'AE',
  ScheduledProcedureStepStartDate: 'DA', ScheduledProcedureStepStartTime: 'TM', ScheduledPerformingPhysicianName: 'PN', ScheduledProcedureStepDescription: 'LO', ScheduledProcedureStepID: 'SH' };
const vrOf = (keyword) => vrs[keyword];
const pairs = [['ScheduledProcedureStepStartDate', 'ScheduledProcedureStepStartTime']];

// --- the cases: name, keys, and the numbers of what has to match ---

const short = { modality: 'Modality', station: 'ScheduledStationAETitle', date: 'ScheduledProcedureStepStartDate', time: 'ScheduledProcedureStepStartTime', physician: 'ScheduledPerformingPhysicianName',
  text: 'ScheduledProcedureStepDescription', step: 'ScheduledProcedureStepID' };
const sps = (inner) => ({ ScheduledProcedureStepSequence: Object.fromEntries(Object.entries(inner).map(([name, wanted]) => [short[name], wanted])) });

const cases = [
  ['nothing', {}, '12345678'],
  ['universal', { PatientName: '', PatientID: '', ...sps({ modality: '', date: '', time: '' }) }, '12345678'],
  ['universal, as a star', { PatientName: '*', ...sps({ station: '*', physician: '*' }) }, '12345678'],
  ['an item without keys', sps({}), '12345678'],
  ['station', sps({ station: 'CT1' }), '27'],
  ['station: spaces around it say nothing', sps({ station: ' CT1 ' }), '27'],
  ['station: case counts', sps({ station: 'ct1' }), ''],
  ['station: wild card', sps({ station: 'CT?' }), '237'],
  ['station: wild card of any length', sps({ station: 'CT*' }), '2378'],
  ['station: an underscore is one', sps({ station: 'CR_*' }), '6'],
  ['modality', sps({ modality: 'CT' }), '237'],
  ['modality: of none', sps({ modality: 'XA' }), ''],
  ['modality and station: of one item', sps({ modality: 'MR', station: 'CT1' }), ''],
  ['date', sps({ date: '20240706' }), '12'],
  ['date: of none', sps({ date: '20240708' }), ''],
  ['dates', sps({ date: '20240706-20240731' }), '12368'],
  ['dates from', sps({ date: '20240731-' }), '456'],
  ['dates until', sps({ date: '-20240706' }), '127'],
  ['one day as a range', sps({ date: '20240801-20240801' }), '45'],
  ['time', sps({ time: '113000' }), '2'],
  ['times', sps({ time: '0700-1130' }), '123'],
  ['times from', sps({ time: '180000-' }), '478'],
  ['times until', sps({ time: '-070000' }), '35'],
  ['a date and a range of times', sps({ date: '20240706', time: '0800-1000' }), '1'],
  ['dates and a time', sps({ date: '20240701-20240731', time: '070000' }), '3'],
  ['a range of both is one', sps({ date: '20240706-20240707', time: '1000-0800' }), '23'],
  ['a range of both is one: not each by itself', sps({ date: '20240706-20240801', time: '1000-1200' }), '23568'],
  ['a range of both: over the end of a month', sps({ date: '20240731-20240801', time: '110000-000000' }), '56'],
  ['a range of both: to the second', sps({ date: '20240706-20240707', time: '085607-070000' }), '123'],
  ['a range of both: from', sps({ date: '20240707-', time: '120000-' }), '4568'],
  ['a range of both: the day from, the time of it', sps({ date: '20240731-20240801', time: '1200-' }), '456'],
  ['a range of both: until', sps({ date: '-20240706', time: '-100000' }), '17'],
  ['physician', sps({ physician: 'MILLER^B' }), '34'],
  ['physician: wild card', sps({ physician: 'MILLER*' }), '346'],
  ['physician: wild card within', sps({ physician: 'J*^A' }), '128'],
  ['physician and modality', sps({ physician: 'JOHNSON*', modality: 'MR' }), '15'],
  ['name', { PatientName: 'VERDI^GIUSEPPE' }, '25'],
  ['name: wild card', { PatientName: 'VERDI*' }, '256'],
  ['name: a character', { PatientName: 'O?NEIL' }, '78'],
  ['name: with an apostrophe', { PatientName: 'O\'NEIL' }, '7'],
  ['name beyond ASCII', { PatientName: 'M\u00dcLLER^J\u00d6RG' }, '4'],
  ['name beyond ASCII: wild card', { PatientName: 'M\u00dc*' }, '4'],
  ['name: its part is not it', { PatientName: 'VERDI' }, ''],
  ['patient', { PatientID: 'GV1' }, '25'],
  ['patient: case counts', { PatientID: 'gv1' }, '6'],
  ['patient: wild card', { PatientID: 'G*' }, '235'],
  ['patient: a dot is a dot', { PatientID: 'A.1' }, '7'],
  ['patient: a character', { PatientID: 'A?1' }, '78'],
  ['patient and date', { PatientID: 'GV1', ...sps({ date: '20240801' }) }, '5'],
  ['accession', { AccessionNumber: '10002' }, '3'],
  ['accession: its beginning is not it', { AccessionNumber: '1000' }, '6'],
  ['accession: wild card', { AccessionNumber: '1000?' }, '12345'],
  ['accession: wild card of any length', { AccessionNumber: '1000*' }, '123456'],
  ['accession: a parenthesis is one', { AccessionNumber: 'ACC(8' }, '8'],
  ['accession: a minus sign is one', { AccessionNumber: 'ACC-8' }, '7'],
  ['requested procedure', { RequestedProcedureID: 'RP2' }, '3'],
  ['requested procedure: wild card', { RequestedProcedureID: 'RP?', ...sps({ modality: 'CT' }) }, '237'],
  ['study', { StudyInstanceUID: uidOf(2) }, '2'],
  ['list of studies', { StudyInstanceUID: [3, 5, 99].map(uidOf).join('\\') }, '35'],
  ['studies of none', { StudyInstanceUID: uidOf(99) }, ''],
  ['list of studies, and a modality', { StudyInstanceUID: [1, 2, 3].map(uidOf).join('\\'), ...sps({ modality: 'CT' }) }, '23'],
  ['step', sps({ step: 'SPD7' }), '7'],
  ['step: wild card', sps({ step: 'SPD*' }), '1234567'],
  ['description', sps({ text: 'EXAM4' }), '5'],
  ['what a modality asks: its station, its day', sps({ station: 'MR1', modality: 'MR', date: '20240801-20240801' }), '5'],
  ['all at once', { PatientName: 'VER*', PatientID: 'GV1', AccessionNumber: '10001', RequestedProcedureID: 'RP1', StudyInstanceUID: uidOf(2), ...sps({ station: 'CT1', modality: 'CT', date: '20240701-20240706', time: '0000-1200', physician: 'JOHNSON^A', step: 'SPD2' }) }, '2'],
  ['all at once, of which one does not match', { PatientName: 'VER*', PatientID: 'GV1', AccessionNumber: '10004', RequestedProcedureID: 'RP1', ...sps({ station: 'CT1', modality: 'CT' }) }, ''],
];

// --- combinations ---

const seed = Number(process.env.PONS_SEED ?? 1);
const rounds = Number(process.env.PONS_ROUNDS ?? 40);

/// Keys of two to five cases together, by their number.
function drawn(number) {
  const draw = dice(number);
  const parts = Array.from({ length: 2 + draw(4) }, () => cases[draw(cases.length)][1]);
  const inner = Object.assign({}, ...parts.map((keys) => keys.ScheduledProcedureStepSequence ?? {}));
  const keys = Object.assign({}, ...parts, parts.some((one) => one.ScheduledProcedureStepSequence) ? { ScheduledProcedureStepSequence: inner } : {});
  return [`seed ${number}: ${JSON.stringify(keys)}`, keys];
}

// --- before each worklist ---

/// wlmscpfs leaves out steps of both days where the days have two ends and the times have one: what it does not give cannot be told.
const halfOpen = ({ ScheduledProcedureStepSequence: { ScheduledProcedureStepStartDate: date = '', ScheduledProcedureStepStartTime: time = '' } = {} }) => /^\d+-\d+$/.test(date) && /^(-\d+|\d+-)$/.test(time);

/// `errs`: by which keys it finds less than it should.
const faces = { MWL: { errs: halfOpen }, UPS: {}, 'UPS-MATCHES': {}, EHR: {} };

let pons;
before(async () => {
  const wlm = kept(await startWlmscpfs(steps));
  const ups = kept(await startWorkitems(steps));
  const matching = Object.assign(kept(await startWorkitems(steps)), { matches: true });
  const orders = kept(await startOrderServer());
  await fillWithOrders(orders, steps);
  const more = { answer_cache: { size: 0 } };
  pons = kept(await startProvider({
    mwl: { kind: 'dimse', host: '127.0.0.1', port: wlm.dimsePort, called_ae: 'WORKLIST', worklist: 'mwl', ...more },
    ups: { kind: 'dicomweb', url: ups.url, worklist: 'ups', ...more },
    'ups-matches': { kind: 'dicomweb', url: matching.url, worklist: 'ups', ...more },
  }, { worklists: { ehr: { url: orders.url, timezone: 'Europe/Vienna', issuer: { system: 'urn:oid:1.2.3.4' }, ae_title_system: aeTitles } },
    dicom: { ae_titles: { MWL: ['mwl'], UPS: ['ups'], 'UPS-MATCHES': ['ups-matches'], EHR: ['ehr'] } } }));
});

/// As arguments of findscu, with what names the answers.
function asKeys(keys) {
  const asked = { SpecificCharacterSet: 'ISO_IR 100', StudyInstanceUID: '', ...keys };
  return Object.entries(asked).flatMap(([keyword, wanted]) => (typeof wanted !== 'object' ? [`${keyword}=${wanted}`]
    : Object.keys(wanted).length === 0 ? [`${keyword}[0]`] : Object.entries(wanted).map(([inner, value]) => `${step(inner)}=${value}`)));
}

test('the oracle says of each case what is written there', () => {
  for (const [name, keys, expected] of cases) {
    const found = Object.keys(entities).filter((n) => judge(keys, entities[n], vrOf, pairs) === 'yes').join('');
    assert.equal(found, expected, name);
  }
});

for (const [face, { errs = () => false }] of Object.entries(faces))
  test(`${face}: ${cases.length} cases of matching, and ${rounds} combinations from seed ${seed} on`, { timeout: 300000 }, async (t) => {
    t.diagnostic(`PONS_SEED=${seed} PONS_ROUNDS=${rounds}`);
    const queue = [...cases, ...Array.from({ length: rounds }, (_, n) => drawn(seed + n))];
    const run = (name, keys) => t.test(name, async () => {
      const got = await worklist({ aet: face, dimsePort: pons.dicomPort }, asKeys(keys));
      assert.equal(got.status, '0000', got.text.slice(-3000));
      const found = got.rows.map((row) => row['0020000D'].Value[0].split('.').at(-1));
      const wrong = wrongWith(found, keys, entities, vrOf, { pairs });
      if (!errs(keys) || !wrong?.startsWith('missing')) assert.equal(wrong, undefined);
      assert.deepEqual([...new Set(got.pending)], found.length ? ['FF00'] : [], 'pending');
    });
    await Promise.all(Array.from({ length: 3 }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await run(...next);
    }));
  });
