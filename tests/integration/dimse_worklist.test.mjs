// Modality worklist: findscu asks Pons, before DCMTK's wlmscpfs (and wlmscpfs itself), and before a server of UPS-RS workitems.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startPons } from './support/pons.mjs';
import { accepts, freePort, onFreePort, removeFolder, start, temporaryFolder, until } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const env = { ...process.env, TCP_NODELAY: '1' };

/// What is scheduled: enough to tell every kind of matching apart.
const items = [
  { name: 'VIVALDI^ANTONIO', id: 'AV35674', accession: '10000', modality: 'MR', station: 'MR1', date: '20240706', time: '085607', physician: 'JOHNSON^A', step: 'SPD1' },
  { name: 'VERDI^GIUSEPPE', id: 'GV1', accession: '10001', modality: 'CT', station: 'CT1', date: '20240706', time: '1130', physician: 'JOHNSON^A', step: 'SPD2' },
  { name: 'PUCCINI^GIACOMO', id: 'GP2', accession: '10002', modality: 'CT', station: 'CT2', date: '20240707', time: '0700', physician: 'MILLER^B', step: 'SPD3' },
  { name: 'M\u00dcLLER^J\u00d6RG', id: 'JM3', accession: '10003', modality: 'US', station: 'US1', date: '20240801', time: '235959', physician: 'MILLER^B', step: 'SPD4' },
];

const dump = (one, n) => `(0008,0005) CS [ISO_IR 100]
(0008,0050) SH [${one.accession}]
(0010,0010) PN [${one.name}]
(0010,0020) LO [${one.id}]
(0010,0030) DA [19500101]
(0010,0040) CS [M]
(0020,000d) UI [1.2.276.0.7230010.3.2.${n + 1}]
(0032,1032) PN [SMITH]
(0032,1060) LO [EXAM${n}]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [${one.modality}]
(0040,0001) AE [${one.station}]
(0040,0002) DA [${one.date}]
(0040,0003) TM [${one.time}]
(0040,0006) PN [${one.physician}]
(0040,0007) LO [EXAM${n}]
(0040,0009) SH [${one.step}]
(0040,0010) SH [${one.station}]
(0040,0011) SH [ROOM${n}]
(fffe,e00d) -
(fffe,e0dd) -
(0040,1001) SH [RP${n}]
(0040,1003) SH [LOW]
`;

async function startWlmscpfs() {
  const folder = temporaryFolder('worklist');
  const files = join(folder, 'WORKLIST');
  mkdirSync(files);
  writeFileSync(join(files, 'lockfile'), '');
  items.forEach((one, n) => {
    const text = join(folder, `${n}.dump`);
    writeFileSync(text, Buffer.from(dump(one, n), 'latin1'));
    execFileSync('dump2dcm', [text, join(files, `${n}.wl`)]);
  });
  return onFreePort(async (port) => {
    const process_ = start('wlmscpfs', ['-csk', '-dfp', folder, `${port}`], { env });
    await until(() => accepts(port), { what: 'wlmscpfs', started: process_ });
    return { dimsePort: port, aet: 'WORKLIST', stop: async () => { await process_.stop(); removeFolder(folder); } };
  });
}

const sequence = (...inside) => ({ vr: 'SQ', Value: inside });
const code = (value) => sequence({ '00080100': { vr: 'SH', Value: [value] }, '00080102': { vr: 'SH', Value: ['99X'] } });

/// The same items as workitems of a UPS-RS server. `server.asked`: the targets that were asked for; `server.down`.
async function startWorkitems() {
  const server = { asked: [], down: false };
  const workitem = (one, n) => ({
    '00080018': { vr: 'UI', Value: [`2.25.${n + 1}`] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: one.name }] },
    '00100020': { vr: 'LO', Value: [one.id] },
    '0020000D': { vr: 'UI', Value: [`1.2.276.0.7230010.3.2.${n + 1}`] },
    '00404005': { vr: 'DT', Value: [one.date + one.time] },
    '00404025': code(one.station),
    '00404026': code(one.modality),
    '00404034': sequence({ '00404037': { vr: 'PN', Value: [{ Alphabetic: one.physician }] } }),
    '0040A370': sequence({ '00080050': { vr: 'SH', Value: [one.accession] }, '00401001': { vr: 'SH', Value: [`RP${n}`] } }),
    '00741000': { vr: 'CS', Value: ['SCHEDULED'] },
    '00741204': { vr: 'LO', Value: [`EXAM${n}`] },
  });
  const http = createServer((request, answer) => {
    server.asked.push(request.url);
    if (server.down) return answer.writeHead(503).end();
    const url = new URL(request.url, 'http://x');
    if (url.pathname !== '/dicom-web/workitems') return answer.writeHead(404).end();
    const offset = Number(url.searchParams.get('offset') ?? 0);
    const page = items.map(workitem).slice(offset, offset + 3);  // it gives three at a time, and says so
    const headers = { 'Content-Type': 'application/dicom+json' };
    if (offset + page.length < items.length) headers.Warning = '299 test "There are 1 additional results that can be requested"';
    return answer.writeHead(page.length ? 200 : 204, headers).end(page.length ? JSON.stringify(page) : undefined);
  });
  await new Promise((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  return Object.assign(server, { url: `http://127.0.0.1:${http.address().port}/dicom-web`, stop: () => new Promise((resolve) => { http.close(resolve); http.closeAllConnections(); }) });
}

/// {rows, status, pending}: what findscu is told, each row as DICOM JSON without what says how it is written.
async function worklist(at, keys, options = []) {
  const folder = temporaryFolder('answers');
  const started = start('findscu', ['-d', '-W', '-X', '-od', folder, '-aet', 'CT1', '-aec', at.aet, ...options, ...keys.flatMap((key) => ['-k', key]), '127.0.0.1', `${at.dimsePort}`], { env });
  await started.ended;
  const rows = readdirSync(folder).filter((name) => name.startsWith('rsp')).map((name) => {
    const row = JSON.parse(execFileSync('dcm2json', ['+m', join(folder, name)], { encoding: 'utf8' }).replace(/^\[|\]$/g, ''));
    for (const tag of Object.keys(row)) if (tag.startsWith('0002') || tag === '00080005' || tag === '00080052') delete row[tag];
    return row;
  });
  removeFolder(folder);
  const statuses = [...started.output.matchAll(/DIMSE Status +: 0x([0-9a-f]{4})/g)].map((m) => m[1].toUpperCase());
  return { rows, pending: statuses.filter((s) => s.startsWith('FF')), status: statuses.filter((s) => !s.startsWith('FF')).at(-1), text: started.output };
}

const step = (key) => `ScheduledProcedureStepSequence[0].${key}`;
const asked = ['SpecificCharacterSet=ISO_IR 100', 'PatientName', 'PatientID', 'AccessionNumber', 'StudyInstanceUID', 'RequestedProcedureID', step('Modality'), step('ScheduledStationAETitle'),
  step('ScheduledProcedureStepStartDate'), step('ScheduledProcedureStepStartTime'), step('ScheduledPerformingPhysicianName'), step('ScheduledProcedureStepDescription')];
const asking = (...keys) => [...keys, ...asked.filter((name) => !keys.some((key) => key.startsWith(`${name}=`)))];
const sorted = (rows) => rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
const ids = (told) => told.rows.map((row) => row['00100020'].Value[0]).sort();

const cases = [
  [[], ['AV35674', 'GP2', 'GV1', 'JM3']],
  [[`${step('Modality')}=CT`], ['GP2', 'GV1']],
  [[`${step('Modality')}=CT`, `${step('ScheduledStationAETitle')}=CT2`], ['GP2']],
  [[`${step('ScheduledStationAETitle')}=CT9`], []],
  [[`${step('ScheduledProcedureStepStartDate')}=20240706`], ['AV35674', 'GV1']],
  [[`${step('ScheduledProcedureStepStartDate')}=20240707-20240831`], ['GP2', 'JM3']],
  [[`${step('ScheduledProcedureStepStartDate')}=20240706-20240707`, `${step('ScheduledProcedureStepStartTime')}=1000-0800`], ['GP2', 'GV1']],
  [['PatientName=V*'], ['AV35674', 'GV1']],
  [['PatientID=GP2'], ['GP2']],
  [[`${step('ScheduledPerformingPhysicianName')}=MILLER*`, `${step('Modality')}=US`], ['JM3']],
];

let wlm, workitems, pons;
const at = {};
before(async () => {
  wlm = kept(await startWlmscpfs());
  workitems = kept(await startWorkitems());
  const dimsePort = await freePort();
  pons = kept(await startPons({
    dicom: { listen: `127.0.0.1:${dimsePort}`, ae_titles: { PONS_WLM: ['wlm'], PONS_UPS: ['ups'], PONS_NONE: ['none'], PONS_GONE: ['gone'] } },
    peers: { CT1: { host: '127.0.0.1', port: 104 } },
    sources: {
      wlm: { kind: 'dimse', host: '127.0.0.1', port: wlm.dimsePort, called_ae: 'WORKLIST', worklist: 'mwl' },
      ups: { kind: 'dicomweb', url: workitems.url, worklist: 'ups', answer_cache: { size: 0 } },
      none: { kind: 'dicomweb', url: workitems.url },
      gone: { kind: 'dimse', host: '127.0.0.1', port: 9, called_ae: 'GONE', worklist: 'mwl' },
    },
  }));
  for (const aet of ['PONS', 'PONS_WLM', 'PONS_UPS', 'PONS_NONE', 'PONS_GONE']) at[aet] = { aet, dimsePort };
});

test('what findscu is told of wlmscpfs equals what wlmscpfs itself tells', { timeout: 120000 }, async () => {
  for (const [keys, expected] of cases) {
    const what = keys.join(' ');
    const [itself, told] = [await worklist(wlm, asking(...keys)), await worklist(at.PONS_WLM, asking(...keys))];
    assert.equal(told.status, '0000', `${what}\n${told.text}`);
    assert.deepEqual(sorted(told.rows), sorted(itself.rows), what);
    assert.deepEqual(ids(told), expected, what);
  }
});

test('and in Implicit VR', async () => {
  const keys = asking(`${step('Modality')}=CT`);
  const told = await worklist(at.PONS_WLM, keys, ['-xi']);
  assert.deepEqual(sorted(told.rows), sorted((await worklist(wlm, keys, ['-xi'])).rows));
  assert.equal(told.rows.length, 2);
});

test('UPS-RS workitems are told as scheduled procedure steps', { timeout: 120000 }, async () => {
  for (const [keys, expected] of cases) {
    const told = await worklist(at.PONS_UPS, asking(...keys));
    assert.equal(told.status, '0000', `${keys.join(' ')}\n${told.text}`);
    assert.deepEqual(ids(told), expected, keys.join(' '));
    assert.ok(told.pending.every((s) => s === 'FF00'));
  }
  const [row] = (await worklist(at.PONS_UPS, asking('PatientID=GV1'))).rows;
  const [one] = row['00400100'].Value;
  assert.deepEqual([row['00080050'].Value, row['00401001'].Value, row['0020000D'].Value], [['10001'], ['RP1'], ['1.2.276.0.7230010.3.2.2']]);
  assert.deepEqual(['00080060', '00400001', '00400002', '00400003', '00400007'].map((tag) => one[tag].Value[0]), ['CT', 'CT1', '20240706', '1130', 'EXAM1']);
  assert.ok(workitems.asked.some((target) => target.includes('PatientID=GP2')));
  assert.ok(workitems.asked.every((target) => target.includes('ProcedureStepState=SCHEDULED')));
});

test('several worklists at once, and those that cannot be had', { timeout: 60000 }, async () => {
  const keys = asking(`${step('Modality')}=CT`);
  const all = await worklist(at.PONS, keys);  // with one that is gone
  assert.deepEqual([ids(all), all.status], [['GP2', 'GP2', 'GV1', 'GV1'], 'A700']);
  const gone = await worklist(at.PONS_GONE, keys);
  assert.deepEqual([gone.rows.length, gone.status], [0, 'A700']);
  const none = await worklist(at.PONS_NONE, keys);
  assert.deepEqual([none.rows.length, none.status], [0, 'C000']);
  workitems.down = true;
  const down = await worklist(at.PONS_UPS, keys);
  workitems.down = false;
  assert.deepEqual([down.rows.length, down.status], [0, 'A700']);
});
