// Modality worklists: what is scheduled, DCMTK's wlmscpfs and a server of UPS-RS workitems that tell it, and findscu that asks.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { judgeKey } from './matching_oracle.mjs';
import { accepts, onFreePort, removeFolder, start, temporaryFolder, until } from './processes.mjs';

const env = { ...process.env, TCP_NODELAY: '1' };

/// What is scheduled: enough to tell every kind of matching apart.
export const items = [
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

export async function startWlmscpfs(scheduled = items) {
  const folder = temporaryFolder('worklist');
  const files = join(folder, 'WORKLIST');
  mkdirSync(files);
  writeFileSync(join(files, 'lockfile'), '');
  scheduled.forEach((one, n) => {
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

const matched = { PatientID: ['00100020', 'LO'], ScheduledProcedureStepStartDateTime: ['00404005', 'DT'], ProcedureStepState: ['00741000', 'CS'] };
const isAskedFor = (workitem, keys) => [...keys].filter(([keyword]) => matched[keyword]).every(([keyword, wanted]) =>
  judgeKey(keyword, wanted, workitem[matched[keyword][0]].Value, () => matched[keyword][1]) !== 'no');

/// The same as workitems of a UPS-RS server. `server.asked`: the targets that were asked for; `server.down`; `server.silent`: it says nothing of
/// more; `server.repeats`: it ignores offset; `server.matches`: it gives what its keys ask for, else all that there is.
export async function startWorkitems(scheduled = items) {
  const server = { asked: [], down: false, silent: false, repeats: false, matches: false };
  const workitem = (one, n) => ({
    '00080018': { vr: 'UI', Value: [`2.25.${n + 1}`] },
    '00100010': { vr: 'PN', Value: [{ Alphabetic: one.name }] },
    '00100020': { vr: 'LO', Value: [one.id] },
    '0020000D': { vr: 'UI', Value: [`1.2.276.0.7230010.3.2.${n + 1}`] },
    '00404005': { vr: 'DT', Value: [one.date + one.time] },
    '00400009': { vr: 'SH', Value: [one.step] },
    '00404025': code(one.station),
    '00404026': code(one.modality),
    ...(one.physician ? { '00404034': sequence({ '00404037': { vr: 'PN', Value: [{ Alphabetic: one.physician }] } }) } : {}),
    '0040A370': sequence({ '00080050': { vr: 'SH', Value: [one.accession] }, '00401001': { vr: 'SH', Value: [`RP${n}`] } }),
    '00741000': { vr: 'CS', Value: ['SCHEDULED'] },
    '00741204': { vr: 'LO', Value: [`EXAM${n}`] },
  });
  const http = createServer((request, answer) => {
    server.asked.push(request.url);
    if (server.down) return answer.writeHead(503).end();
    const url = new URL(request.url, 'http://x');
    if (url.pathname !== '/dicom-web/workitems') return answer.writeHead(404).end();
    const offset = server.repeats ? 0 : Number(url.searchParams.get('offset') ?? 0);
    const all = scheduled.map(workitem).filter((one) => !server.matches || isAskedFor(one, url.searchParams));
    const page = all.slice(offset, offset + 3);  // it gives three at a time, and says so, or not
    const headers = { 'Content-Type': 'application/dicom+json' };
    if (!server.silent && offset + page.length < all.length) headers.Warning = '299 test "There are 1 additional results that can be requested"';
    return answer.writeHead(page.length ? 200 : 204, headers).end(page.length ? JSON.stringify(page) : undefined);
  });
  await new Promise((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  return Object.assign(server, { url: `http://127.0.0.1:${http.address().port}/dicom-web`, stop: () => new Promise((resolve) => { http.close(resolve); http.closeAllConnections(); }) });
}

/// {rows, status, pending}: what findscu is told, each row as DICOM JSON without what says how it is written.
export async function worklist(at, keys, options = []) {
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

export const step = (key) => `ScheduledProcedureStepSequence[0].${key}`;
const asked = ['SpecificCharacterSet=ISO_IR 100', 'PatientName', 'PatientID', 'AccessionNumber', 'StudyInstanceUID', 'RequestedProcedureID', step('Modality'), step('ScheduledStationAETitle'),
  step('ScheduledProcedureStepStartDate'), step('ScheduledProcedureStepStartTime'), step('ScheduledPerformingPhysicianName'), step('ScheduledProcedureStepDescription')];
export const asking = (...keys) => [...keys, ...asked.filter((name) => !keys.some((key) => key.startsWith(`${name}=`)))];
export const sorted = (rows) => rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
export const ids = (told) => told.rows.map((row) => row['00100020'].Value[0]).sort();

/// Keys, and the Patient IDs that they find.
export const cases = [
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
