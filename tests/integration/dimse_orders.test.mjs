// Modality worklist from the ServiceRequests of a FHIR server: findscu asks Pons before Medplum's, and before wlmscpfs that has
// the same steps; the one is held against the other.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { startOrderServer } from '../conformance/order_server.mjs';
import { validate } from '../conformance/validate.mjs';
import { aeTitles, fillWithOrders, imaging } from './support/orders.mjs';
import { binary, startPons } from './support/pons.mjs';
import { freePort, removeFolder, start, temporaryFolder, until } from './support/processes.mjs';
import { asking, cases, ids, items, sorted, startWlmscpfs, step, worklist } from './support/worklists.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const folder = temporaryFolder('orders');
kept({ stop: () => removeFolder(folder) });
writeFileSync(join(folder, 'token'), 'hunter2\n');

const scheduled = items.map((one) => ({ ...one, time: one.time.padEnd(6, '0') }));
const created = [];

let wlm, orders, pons;
const at = {};
before(async () => {
  wlm = kept(await startWlmscpfs(scheduled));
  orders = kept(await startOrderServer({ token: 'hunter2' }));
  created.push(...await fillWithOrders(orders, scheduled));
  const dimsePort = await freePort();
  pons = kept(await startPons({
    dicom: { listen: `127.0.0.1:${dimsePort}`, ae_titles: { PONS_EHR: ['ehr'], PONS_WLM: ['wlm'] } },
    peers: { CT1: { host: '127.0.0.1', port: 104 } },
    sources: { wlm: { kind: 'dimse', host: '127.0.0.1', port: wlm.dimsePort, called_ae: 'WORKLIST', worklist: 'mwl' } },
    worklists: {
      ehr: {
        url: orders.url, timezone: 'Europe/Vienna', issuer: { system: 'urn:oid:1.2.3.4' }, ae_title_system: aeTitles,
        credentials: { kind: 'bearer', token: `\${file:${join(folder, 'token')}}` },
      },
    },
  }));
  for (const aet of ['PONS', 'PONS_EHR', 'PONS_WLM']) at[aet] = { aet, dimsePort };
});
afterEach(() => Object.assign(orders, { behaves: 'well', page: 1000, includes: false }));

test('what the server holds is valid R4', () => {
  for (const resource of created) assert.deepEqual(validate(resource), [], JSON.stringify(resource));
});

for (const [name, server] of Object.entries({ 'in one page': {}, 'in pages, with those they refer to': { page: 2, includes: true } })) {
  test(`orders are told as wlmscpfs tells the same steps, ${name}`, { timeout: 180000 }, async () => {
    Object.assign(orders, server);
    for (const [keys, expected] of cases) {
      const what = keys.join(' ');
      const [itself, told] = [await worklist(wlm, asking(...keys)), await worklist(at.PONS_EHR, asking(...keys))];
      assert.equal(told.status, '0000', `${what}\n${told.text}`);
      assert.deepEqual(ids(told), expected, what);
      assert.deepEqual(sorted(told.rows), sorted(itself.rows), what);
      assert.ok(told.pending.every((s) => s === 'FF00'), what);
    }
  });
}

/// What wlmscpfs does not match, and combinations: what is pushed must not change what is found.
const more = [
  [['AccessionNumber=10002'], ['GP2']],
  [['AccessionNumber=1000?'], ['AV35674', 'GP2', 'GV1', 'JM3']],
  [['StudyInstanceUID=1.2.276.0.7230010.3.2.2'], ['GV1']],
  [['StudyInstanceUID=1.2.276.0.7230010.3.2.2\\1.2.276.0.7230010.3.2.3'], ['GP2', 'GV1']],
  [['AccessionNumber=10002', 'StudyInstanceUID=1.2.276.0.7230010.3.2.3', 'PatientID=GP2', `${step('ScheduledProcedureStepStartDate')}=20240707`], ['GP2']],
  [['AccessionNumber=10002', 'PatientID=GV1'], []],
  [['PatientID=gv1'], []],
  [['PatientID=X1'], []],  // a number of another system
  [['PatientName=verdi^g*'], ['GV1']],
  [['PatientName=*IUS*', `${step('ScheduledProcedureStepStartDate')}=-20240706`], ['GV1']],
  [[`${step('ScheduledProcedureStepStartDate')}=20240801-`], ['JM3']],  // 23:59:59 there, the day before in UTC
  [['RequestedProcedureID=RP2'], ['GP2']],
];
test('whatever is asked of the server, the answer is what matches of all', { timeout: 120000 }, async () => {
  for (const page of [1000, 1]) {
    orders.page = page;
    for (const [keys, expected] of more) {
      const told = await worklist(at.PONS_EHR, asking(...keys));
      assert.deepEqual([ids(told), told.status], [expected, '0000'], `${keys.join(' ')}\n${told.text}`);
    }
  }
});

test('what narrows is asked of the server', async () => {
  orders.asked.length = 0;
  await worklist(at.PONS_EHR, asking('AccessionNumber=10001', `${step('ScheduledProcedureStepStartDate')}=20240706`));
  assert.ok(orders.asked.some((t) => t.includes('status=active') && t.includes('identifier=10001&occurrence=ge2024-07-05&occurrence=le2024-07-08')), orders.asked.join('\n'));
  orders.asked.length = 0;
  await worklist(at.PONS_EHR, asking('PatientID=GV1'));
  assert.ok(orders.asked[0].startsWith('/fhir/Patient?identifier=urn:oid:1.2.3.4%7CGV1'), orders.asked.join('\n'));
  assert.ok(orders.asked[1].includes('&subject=Patient/'), orders.asked.join('\n'));
});

test('a step that both worklists tell comes once; what they contradict each other in, twice', async () => {
  const all = await worklist(at.PONS, asking(`${step('ScheduledProcedureStepID')}=`));
  assert.deepEqual([ids(all), all.status], [['AV35674', 'GP2', 'GV1', 'JM3'], '0000'], all.text);
  const differing = await worklist(at.PONS, [...asking(`${step('ScheduledProcedureStepID')}=`), 'RequestedProcedurePriority']);
  assert.equal(differing.rows.length, 8);  // LOW at wlmscpfs, ROUTINE in the order
});

test('an order that tells neither modality nor station is told to all, as a doubtful one', async () => {
  const [patient] = created.filter((r) => r.resourceType === 'Patient');
  const order = await orders.create({ resourceType: 'ServiceRequest', status: 'active', intent: 'order', category: imaging, subject: { reference: `Patient/${patient.id}` }, occurrenceDateTime: '2031-01-01T10:00:00Z' });
  const day = `${step('ScheduledProcedureStepStartDate')}=20310101`;
  const told = await worklist(at.PONS_EHR, asking(day, `${step('Modality')}=CT`, `${step('ScheduledStationAETitle')}=CT1`));
  assert.deepEqual([told.status, told.pending, ids(told)], ['0000', ['FF01'], ['AV35674']], told.text);
  const [row] = told.rows;
  assert.match(row['0020000D'].Value[0], /^2\.25\.\d+$/);
  const again = await worklist(at.PONS_EHR, asking(`StudyInstanceUID=${row['0020000D'].Value[0]}`));
  assert.equal(again.rows.length, 1, again.text);
  assert.ok(order.id);
});

test('what may be missing is never Success', { timeout: 120000 }, async () => {
  for (const [behaves, status] of [['gone', 'C004'], [503, 'A700'], [401, 'A700'], [500, 'C003'], ['elsewhere', 'C005'], ['garbage', 'C005']]) {
    orders.behaves = behaves;
    const told = await worklist(at.PONS_EHR, asking(`${step('Modality')}=CT`));
    // The page that leads elsewhere has orders of its own: what came before the failure is told.
    assert.deepEqual([told.rows.length, told.status], [behaves === 'elsewhere' ? 3 : 0, status], `${behaves}\n${told.text}`);
    orders.behaves = 'well';
    await worklist(at.PONS_EHR, asking('PatientID=GV1'));  // an answer in between, so that it is not left alone
  }
  const stranger = await orders.create({ resourceType: 'ServiceRequest', status: 'active', intent: 'order', category: imaging, subject: { reference: 'Patient/nobody' }, occurrenceDateTime: '2032-01-01' });
  const told = await worklist(at.PONS_EHR, asking(`${step('ScheduledProcedureStepStartDate')}=20320101`));
  assert.deepEqual([told.rows.length, told.status], [0, 'A700'], stranger.id);
});

/// {code, output} of `pons doctor ehr`. It runs beside this process, which is the server.
async function doctor() {
  const process_ = start(binary(), ['doctor', 'ehr', '--config', pons.config]);
  const { code } = await process_.ended;
  return { code, output: process_.output };
}

test('/readyz names the server and stays ready without it; pons doctor tells what is wrong', { timeout: 60000 }, async () => {
  const ready = async () => { const answer = await fetch(`${pons.url}/readyz`); return [answer.status, (await answer.json())['worklists.ehr']]; };
  const told = (word) => until(async () => (await ready())[1] === word, { what: `that the server of orders is ${word}`, started: pons.process });
  await told('ok');
  assert.equal((await doctor()).code, 0, (await doctor()).output);
  orders.behaves = 500;
  await told('refused');
  assert.equal((await ready())[0], 200);
  const faulty = await doctor();
  assert.equal(faulty.code, 27, faulty.output);
  assert.match(faulty.output, /ok {4}HTTP: The server answers with status 500[^]*FAIL {2}ServiceRequest find: A search for one order failed with status 500/);
});

test('Pons says nothing of patients or tokens in its log', () => {
  const log = pons.process.output;
  assert.ok(log.length > 100);
  for (const secret of ['hunter2', 'GV1', 'VERDI', ...created.map((r) => r.id)]) assert.ok(!log.includes(secret), secret);
  assert.doesNotMatch(log, /(?<![0-9a-f.])10001(?![0-9a-f])/, 'an accession number; the ids of requests are hexadecimal');
});
