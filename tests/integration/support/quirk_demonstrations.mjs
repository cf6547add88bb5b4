// How each switch of the quirk archive shows: what a client no one here wrote (DCMTK's, or fetch) is told with the switch off, and on.
// {switch: [look(archive), off, on, value if not the one of the table]}; what is looked at becomes one text.
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asFile, writeDataSet } from '../../support/dimse_js/data_set.mjs';
import { commands, Link } from '../../support/dimse_js/upper_layer.mjs';
import { echo, find, get, move, receiver, storeAs } from './dcmtk_clients.mjs';
import { removeFolder, temporaryFolder } from './processes.mjs';

export const root = '1.2.826.0.1.3680043.10.1.9';
const tags = { SpecificCharacterSet: '(0008,0005)', StudyDate: '(0008,0020)', StudyTime: '(0008,0030)', AccessionNumber: '(0008,0050)', RetrieveAETitle: '(0008,0054)', InstanceAvailability: '(0008,0056)',
  ModalitiesInStudy: '(0008,0061)', TimezoneOffsetFromUTC: '(0008,0201)', StudyDescription: '(0008,1030)', PatientName: '(0010,0010)', PatientID: '(0010,0020)', PatientBirthDate: '(0010,0030)',
  StudyInstanceUID: '(0020,000d)', SeriesInstanceUID: '(0020,000e)', StudyID: '(0020,0010)', SeriesNumber: '(0020,0011)', NumberOfStudyRelatedSeries: '(0020,1206)', NumberOfStudyRelatedInstances: '(0020,1208)' };
const last = (uid) => uid?.slice(root.length + 1);
const failed = (answer) => answer.rejected ?? (answer.status === '0000' ? undefined : answer.status ?? 'no answer');

// --- by findscu ---

/// Which studies match: their numbers, in order.
const studies = (...keys) => async (archive) => {
  const answer = await find(archive, ['StudyInstanceUID', ...keys]);
  return failed(answer) ?? answer.rows.map((row) => last(row[tags.StudyInstanceUID])).sort().join(' ');
};
/// What is told of the first match: the values of `names`, '-' for what is not there.
const told = (keys, names, options) => async (archive) => {
  const answer = await find(archive, [...keys, ...names.filter((name) => !keys.some((k) => k.startsWith(name)))], options);
  return failed(answer) ?? names.map((name) => answer.rows[0]?.[tags[name]] ?? '-').join(' | ');
};
const rows = (keys, options) => async (archive) => {
  const answer = await find(archive, keys, options);
  return failed(answer) ?? `${answer.rows.length}`;
};
const first = `StudyInstanceUID=${root}.1`;
const series = { level: 'SERIES' };
const utf8 = 'SpecificCharacterSet=ISO_IR 192';
const echoed = (...options) => async (archive) => {
  const answer = await echo(archive, options);
  return failed(answer) ?? 'answered';
};

/// Rows and status to one who waits a second where the switch is on, and for ever where it is not.
const patient = (name) => async (archive) => {
  const answer = await find(archive, ['StudyInstanceUID'], { options: archive.switches.isOn(name) ? ['-td', '1'] : [] });
  return `${answer.rows.length}, ${failed(answer) ?? answer.status}`;
};

// --- by an association of our own, held open ---

const findClass = '1.2.840.10008.5.1.4.1.2.2.1';
const explicit = '1.2.840.10008.1.2.1';

const held = (look) => async (archive) => {
  const link = new Link(createConnection(archive.dimsePort, '127.0.0.1'));
  const closed = once(link.socket, 'close');
  await link.request(archive.aet, 'HOLDER', [[findClass, explicit]]);
  const shown = await look(archive, link, closed);
  link.socket.destroy();
  return shown;
};
const outlived = (name) => held(async (archive, link, closed) => {
  if (archive.switches.isOn(name)) await closed;
  else await echoed()(archive);
  return link.ended ? 'closed' : 'open';
});
async function ask(link) {
  const key = (vr, value = '') => ({ vr, bytes: Buffer.from(value) });
  const query = writeDataSet(new Map([[0x00080052, key('CS', 'STUDY')], [0x00100010, key('PN')], [0x0020000d, key('UI')]]), explicit);
  await link.send(1, { affectedSopClass: findClass, command: commands.findRq, messageId: 1, priority: 0 }, { pieces: [query], length: query.length });
}
/// How many PDVs an answer takes.
const headsOf = held(async (archive, link) => {
  const got = [];
  link.socket.on('data', (bytes) => got.push(bytes));
  await ask(link);
  while ((await link.message()).command.status === 0xff00);
  const bytes = Buffer.concat(got);
  let heads = 0;
  for (let at = 0; at < bytes.length; at += 6 + bytes.readUInt32BE(at + 2))
    for (let inner = at + 6; inner < at + 6 + bytes.readUInt32BE(at + 2); inner += 4 + bytes.readUInt32BE(inner)) ++heads;
  return heads;
});
/// Sends a C-CANCEL at once after a C-FIND.
const cancelled = held(async (archive, link) => {
  await ask(link);
  await link.send(1, { command: commands.cancelRq, respondsTo: 1 });
  for (;;) {
    const { command } = await link.message();
    if (command.status !== 0xff00) return command.status.toString(16);
  }
});
async function withUser(archive) {
  const folder = temporaryFolder('user');
  const text = (value) => ({ vr: 'UI', bytes: Buffer.from(value) });
  const [sopClass, sop] = ['1.2.840.10008.5.1.4.1.1.7', `${root}.99`];
  writeFileSync(join(folder, 'x.dcm'), asFile(writeDataSet(new Map([[0x00080016, text(sopClass)], [0x00080018, text(sop)]]), explicit), { sopClass, sop, syntax: explicit }));
  const answer = await storeAs(archive, 'reader', 'secret', join(folder, 'x.dcm'));
  removeFolder(folder);
  return answer;
}

// --- by fetch ---

const asked = (archive, path, headers = {}) => fetch(`${archive.url}${path}`, { headers });
const numbers = (list) => list.map((row) => last(row['0020000D']?.Value?.[0])).join(' ');
const web = (path, headers) => async (archive) => {
  const answer = await asked(archive, path, headers);
  return answer.status === 200 ? numbers(await answer.json()) : `${answer.status}`;
};
const statusOf = (path, headers) => async (archive) => `${(await asked(archive, path, headers)).status}`;
const field = (path, tag) => async (archive) => {
  const answer = await asked(archive, path);
  return answer.status === 200 ? JSON.stringify((await answer.json())[0]?.[tag]) : `${answer.status}`;
};
const header = (path, name, headers) => async (archive) => (await asked(archive, path, headers)).headers.get(name) ?? '-';
const one = `/studies?${first}`;

// --- by getscu and movescu ---

const images = (keys = [first], options) => async (archive) => {
  const answer = await get(archive, keys, options);
  return `${answer.files.length} files, ${answer.status ?? 'no answer'}`;
};
// What DCMTK's tools do not have: by an association of our own. `asks(uids)`: the identifier; `holds(data)`: what is counted.
const byGet = (model, asks, holds) => async (archive) => {
  const instances = archive.model.IMAGE.filter(({ attributes }) => attributes.StudyInstanceUID[0] === `${root}.1`);
  const classes = [...new Set(instances.map(({ attributes }) => attributes.SOPClassUID[0]))];
  const link = new Link(createConnection(archive.dimsePort, '127.0.0.1'));
  await link.request(archive.aet, 'BARE', [model, ...classes].map((uid) => [uid, explicit]));
  const [context] = [...link.contexts].find(([, { abstractSyntax }]) => abstractSyntax === model) ?? [];
  if (context === undefined) return link.release().then(() => 'not accepted');
  const identifier = writeDataSet(new Map(asks(instances.map(({ uid }) => uid))), explicit);
  await link.send(context, { affectedSopClass: model, command: commands.getRq, messageId: 1, priority: 0 }, { pieces: [identifier], length: identifier.length });
  for (let came = 0; ;) {
    const { command, context: on, data } = await link.message();
    if (command.command === commands.storeRq) {
      if (holds(data)) ++came;
      await link.send(on, { affectedSopClass: command.affectedSopClass, command: commands.storeRsp, respondsTo: command.messageId, status: 0, affectedSopInstance: command.affectedSopInstance });
    } else if (command.status !== 0xff00) {
      await link.release();
      return `${came} instances, ${command.status.toString(16).padStart(4, '0')}`;
    }
  }
};
const uidsAt = (level, uids) => [[0x00080018, { vr: 'UI', bytes: Buffer.from(uids.join('\\')) }], [0x00080052, { vr: 'CS', bytes: Buffer.from(level) }]];
const bare = () => byGet('1.2.840.10008.5.1.4.1.2.5.3', (uids) => uidsAt('IMAGE', uids), (data) => !data.includes(Buffer.from([0xe0, 0x7f, 0x10, 0x00])));
const ofFrames = () => byGet('1.2.840.10008.5.1.4.1.2.4.3', ([uid]) => [...uidsAt('FRAME', [uid]), [0x00081161, { vr: 'UL', bytes: Buffer.from([1, 0, 0, 0]) }]],
  (data) => data.includes(Buffer.from([0x08, 0x00, 0x64, 0x11])));
const moved = (look, keys = [first], options = {}) => async (archive) => {
  const there = await receiver(options.receiver);
  archive.destinations = { RECEIVER: { host: '127.0.0.1', port: there.port } };
  const answer = await move(archive, options.to ?? 'RECEIVER', keys, options);
  const shown = look({ ...answer, files: there.files(), received: there.text() });
  await there.stop();
  return shown;
};
const filesAndStatus = ({ files, status }) => `${files.length} files, ${status ?? 'no answer'}`;
const matching = (text, pattern) => [...text.matchAll(pattern)].length;

const wado = (path, headers, look) => async (archive) => {
  const answer = await asked(archive, path, headers);
  return answer.ok ? look(answer, Buffer.from(await answer.arrayBuffer()).toString('latin1')) : `${answer.status}`;
};
const study = `/studies/${root}.1`;
const quoted = { Accept: 'multipart/related; type="application/dicom"' };
const stored = { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' };
const parts = (answer, body) => `${matching(body, /DICM/g)} instances`;
const partSyntax = (answer, body) => /transfer-syntax=([0-9.]+)/.exec(body)?.[1];

export const demonstrations = {
  'f1.modalities_in_study': [async (a) => `${await studies('ModalitiesInStudy=MR')(a)} | ${await told([first], ['ModalitiesInStudy'])(a)}`, '2 6 | CT\\SR', '1 2 3 4 5 6 | -'],
  'f2.several_values': [studies('AccessionNumber=A1\\A4'), 'A900', '1 2 3 4 5 6'],
  'f3.counts': [told([first], ['NumberOfStudyRelatedInstances']), '3', '-'],
  'f4.unmatched': [studies('PatientName=Q*'), '6', '1 2 3 4 5 6'],
  'f4.untold': [told(['AccessionNumber=A1'], ['PatientID', 'AccessionNumber']), 'P1 | A1', 'P1 | -'],
  'f5.unique_key_wins': [studies('AccessionNumber=A1', 'PatientID=P5'), '', '1'],
  'f6.star': [studies('StudyDate=*'), '1 2 3 4 5 6', 'C000'],
  'f7.upper_uids': [(a) => rows(['StudyInstanceUID=*', `SeriesInstanceUID=${root}.1.1`], series)(a.set('f8.relational', 'always')), '1', 'A900'],
  'f8.relational': [rows([`SeriesInstanceUID=${root}.1.1`], series), 'A900', '1', 'always'],
  'f9.roots': [rows(['PatientID=P1'], { root: '-P', level: 'PATIENT' }), '1', 'no answer'],
  'f10.refuses_above': [studies(), '1 2 3 4 5 6', 'A700'],
  'f10.wants_keys': [studies(), '1 2 3 4 5 6', 'A700'],
  'f11.cap': [studies(), '1 2 3 4 5 6', '1 2 3'],
  'f12.cancel': [cancelled, 'fe00', '0'],
  'f13.times': [studies('StudyDate=20240310-20240311', 'StudyTime=230000-010000'), '', '1 2', 'combined'],
  'f14.case': [studies('PatientName=doe*'), '1 2 4', ''],
  'f15.names': [studies('PatientName=Q*'), '6', ''],
  'f16.require_any_of': [studies('PatientName=Q*'), '6', 'C000'],
  'f16.min_chars': [studies('PatientName=Q*'), '6', ''],
  'f17.integers': [told([first], ['NumberOfStudyRelatedInstances']), '3', '3.0'],
  'f18.extras': [async (a) => /3109,1001/.test((await find(a, [first])).text) && 'a private group' || 'nothing more', 'nothing more', 'a private group'],
  'f19.unknown': [async (a) => { const r = await find(a, [first, '(3333,0010)=X']); return failed(r) ?? r.pending.join(); }, 'FF01', 'A900'],
  'f19.max_keys': [rows([first, 'PatientName', 'PatientID', 'StudyDate', 'StudyTime']), '1', 'C000'],
  'f20.duplicates': [rows([first, 'StudyDescription']), '1', '2'],
  'f21.final_identifier': [async (a) => /Data Set +: (\w+)\nD: DIMSE Status +: 0x0000/.exec((await find(a, [first])).text)?.[1], 'none', 'present'],
  'f22.always_ff01': [async (a) => (await find(a, [first])).pending.join(), 'FF00', 'FF01'],
  'f23.sparse': [told([`StudyInstanceUID=${root}.2`], ['PatientID', 'AccessionNumber']), 'P1 | A2', 'P1 | -'],
  'f24.availability': [told([first], ['RetrieveAETitle', 'InstanceAvailability']), 'QUIRK | ONLINE', ' | '],
  'f25.accession_prefix': [async (a) => `${await studies('AccessionNumber=A1')(a)} | ${await studies('AccessionNumber=*A1')(a)}`, '1 | 1', ' | 1'],
  'f26.merged': [async (a) => `${await studies('PatientID=P1')(a)} | ${await studies('PatientID=OLD-1')(a)}`, '1 2 | ', ' | 1 2', 'P1=OLD-1'],
  'f27.picky': [studies(), '1 2 3 4 5 6', ''],
  'v1.charset': [told(['PatientID=P2', 'PatientName'], ['SpecificCharacterSet']), 'ISO_IR 192', 'ISO_IR 100'],
  'v1.unlabelled': [told(['PatientID=P2', 'PatientName'], ['SpecificCharacterSet']), 'ISO_IR 192', '-'],
  'v2.label_on_request': [async (a) => ((await find(a, ['PatientID=P2', 'PatientName'])).rows[0][tags.SpecificCharacterSet] ?? '-'), 'ISO_IR 192', '-'],
  'v3.label': [told(['PatientID=P2'], ['SpecificCharacterSet', 'PatientName']), 'ISO_IR 192 | Müller^Jörg', 'ISO_IR 100 | Müller^Jörg'],
  'v4.spelling': [told(['PatientID=P2', 'PatientName'], ['SpecificCharacterSet']), 'ISO_IR 192', 'ISO-IR 192'],
  'v5.database': [studies('PatientName=Müller*', utf8), '3', ''],
  'v6.ascii_only': [studies('PatientName=Müller*', utf8), '3', ''],
  'v7.padding': [async (a) => (/PN \[?DOE\^JANE\\0|DOE\^JANE\0/.test((await find(a, [first, 'PatientName'])).text) ? 'null' : 'none'), 'none', 'null'],
  'v8.invalid': [told([`StudyInstanceUID=${root}.2`], ['PatientBirthDate', 'StudyTime']), '19700203 | 001500', '@ | @'],
  'v9.groups': [studies('PatientName=小林*', utf8), '5', ''],
  'v10.timezone': [told([first], ['TimezoneOffsetFromUTC']), '+0100', '-'],
  'v11.empty': [told([`StudyInstanceUID=${root}.2`], ['PatientID', 'StudyDate']), 'P1 | 20240311', ' | 20240311'],

  'n1.associations': [held((a) => echoed()(a)), 'answered', 'Rejected Transient, Service Provider (Presentation Related), Local Limit Exceeded'],
  'n1.per_caller': [held((a) => echoed('-aet', 'HOLDER')(a)), 'answered', 'Rejected Transient, Service Provider (Presentation Related), Local Limit Exceeded'],
  'n2.calling': [echoed(), 'answered', 'Rejected Permanent, Service User, Calling AE Title Not Recognized'],
  'n2.called': [echoed('-aec', 'OTHER'), 'answered', 'Rejected Permanent, Service User, Called AE Title Not Recognized'],
  'n3.idle_ms': [outlived('n3.idle_ms'), 'open', 'closed'],
  'n3.operations': [async (a) => `${(await echo(a, ['--repeat', '3'])).text.match(/Received Echo Response/g)?.length ?? 0} echoes`, '3 echoes', '1 echoes'],
  'n3.second': [async (a) => `${(await echo(a, ['--repeat', '3'])).text.match(/Received Echo Response/g)?.length ?? 0} echoes`, '3 echoes', '1 echoes'],
  'n4.rejects_first': [async (a) => `${await echoed()(a)}, ${await echoed()(a)}`, 'answered, answered', 'Rejected Transient, Service Provider (Presentation Related), Local Limit Exceeded, answered'],
  'n4.rejects': [echoed(), 'answered', 'Rejected Permanent, Service User, No Reason'],
  'n5.contexts': [echoed('-ppc', '2'), 'answered', 'Rejected Permanent, Service User, No Reason'],
  'n5.flaky': [async (a) => `${await echoed()(a)}, ${await echoed()(a)}`, 'answered, answered', 'answered, no answer'],
  'n5.implicit_only': [async (a) => { await find(a, [first]); return `${await rows([first])(a)} ${/Accepted Transfer Syntax: =LittleEndianExplicit/.test((await find(a, [first])).text) ? 'explicit' : 'implicit'}`; }, '1 explicit', '1 implicit'],
  'n6.session_ms': [outlived('n6.session_ms'), 'open', 'closed'],
  'n6.answer_ms': [patient('n6.answer_ms'), '6, 0000', '0, no answer', '600000'],
  'n6.stalls_after': [patient('n6.stalls_after'), '6, 0000', '1, no answer'],
  'n6.aborts_after': [async (a) => { const r = await find(a, ['StudyInstanceUID']); return `${r.rows.length}, ${failed(r) ?? r.status}`; }, '6, 0000', '1, no answer'],
  'n6.fails_after': [async (a) => { const r = await find(a, ['StudyInstanceUID']); return `${r.rows.length}, ${r.status}`; }, '6, 0000', '1, A700'],
  'n7.max_pdu': [async (a) => /Their Max PDU Receive Size: +(\d+)\n(?![^]*Their Max)/.exec((await find(a, [first])).text)?.[1], '131072', '4096'],
  'n7.fragments': [async (a) => `${await studies()(a)}, ${await headsOf(a)} heads`, '1 2 3 4 5 6, 13 heads', '1 2 3 4 5 6, 71 heads'],
  'n8.user': [async (a) => `${await echoed()(a)}, ${await withUser(a)}`, 'answered, answered', 'Rejected Permanent, Service User, No Reason, answered'],
  'n10.stale_address': [moved(filesAndStatus), '3 files, 0000', '0 files, A700'],

  'r1.destinations': [moved(filesAndStatus), '3 files, 0000', '0 files, A801'],
  'r1.unknown_destination': [moved(filesAndStatus, [first], { to: 'ELSEWHERE' }), '0 files, A801', '0 files, C000'],
  'r2.get': [images(), '3 files, 0000', '0 files, no answer'],
  'r2.move': [moved(filesAndStatus), '3 files, 0000', '0 files, no answer'],
  'r2.without_bulk_data': [bare(), 'not accepted', '3 instances, 0000'],
  'r2.frame_level': [ofFrames(), 'not accepted', '1 instances, 0000'],
  'r3.get_gives_nothing': [images(), '3 files, 0000', '0 files, 0000'],
  'r3.refused_classes': [images(), '3 files, 0000', '1 files, B000'],
  'r4.originator': [moved(({ received }) => `${matching(received, /Move Originator AE Title +: MOVESCU/g) || matching(received, /MOVESCU/g) > 3 ? 'told' : 'absent'}`), 'told', 'absent'],
  'r5.counters': [async (a) => { const { counters } = await get(a, [first]); return counters; }, '3', '0'],
  'r6.pending_every': [async (a) => `${(await get(a, [`StudyInstanceUID=${root}.2`])).pending}`, '4', '2', '2'],
  'r7.final': [images(), '3 files, 0000', '2 files, 0000'],
  'r8.drops': [async (a) => `${await images()(a)}, claims ${(await get(a, [first])).counters}`, '3 files, 0000, claims 3', '2 files, 0000, claims 3'],
  'r8.drops_always': [images([first, `SeriesInstanceUID=${root}.1.1`, `SOPInstanceUID=${root}.1.1.2`], { level: 'IMAGE' }), '1 files, 0000', '0 files, 0000'],
  'r9.warns': [images(), '3 files, 0000', '3 files, B000'],
  'r10.association_each': [moved(({ received, files }) => `${files.length} files by ${matching(received, /Association Acknowledged/g)}`), '3 files by 1', '3 files by 3'],
  'r11.uids_only': [images(['AccessionNumber=A1']), '3 files, 0000', '0 files, 0120'],
  'r12.fails_first': [async (a) => `${await images()(a)}; ${await images()(a)}`, '3 files, 0000; 3 files, 0000', '0 files, C000; 3 files, 0000'],
  'r13.nearline': [async (a) => `${await images()(a)}; ${await images()(a)}`, '3 files, 0000; 3 files, 0000', '0 files, 0000; 3 files, 0000'],
  'r14.levels': [images([first, `SeriesInstanceUID=${root}.1.2`], { level: 'SERIES' }), '1 files, 0000', '3 files, 0000'],
  'r15.destination_is_caller': [moved(filesAndStatus, [first], { options: ['-aet', 'RECEIVER'] }), '3 files, 0000', '0 files, A801'],
  'r16.unasked': [moved(({ files }) => `${files.length} files`), '3 files', '4 files'],
  'r16.twice': [async (a) => { const r = await get(a, [first]); return `${matching(r.text, /Received C-STORE Request/gi)}`; }, '3', '6'],
  't1.compressed_aborts': [moved(({ files, status }) => `${files.length} files, ${status === '0000' ? 'well' : 'aborted'}`, [first], { receiver: ['+xs'] }), '3 files, well', '0 files, aborted'],
  't2.as_stored': [wado(study, { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2' }, partSyntax), '1.2.840.10008.1.2', '1.2.840.10008.1.2.1'],
  't3.stored': [wado(study, stored, partSyntax), '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2'],
  't4.default': [wado(study, {}, partSyntax), '1.2.840.10008.1.2.1', '1.2.840.10008.1.2'],

  'w1.percent': [web('/studies?PatientName=DOE%5EJANE'), '1 2', ''],
  'w2.unknown_keys': [header('/studies?FooBar=1', 'warning'), '299 QUIRK: "The following attributes are not supported, and were ignored"', '-'],
  'w3.includefield': [field(`${one}&includefield=StudyDescription`, '00081030'), '{"vr":"LO","Value":["CHEST"]}', undefined],
  'w4.default_limit': [web('/studies'), '1 2 3 4 5 6', '1 2'],
  'w4.max_limit': [web('/studies?limit=5'), '1 2 3 4 5', '1 2'],
  'w4.above': [async (a) => web('/studies?limit=5')(a.set('w4.max_limit', '3')), '1 2 3', '400', 'refused'],
  'w5.warning': [header('/studies?limit=5', 'warning'), '299 QUIRK: "There are 1 additional results that can be requested"', '-'],
  'w6.offset': [web('/studies?offset=4'), '5 6', '1 2 3 4 5 6'],
  'w7.wildcards': [web('/studies?PatientName=Q*'), '6', '400'],
  'w8.fuzzy': [web('/studies?PatientName=jane&fuzzymatching=true'), '1 2', ''],
  'w9.empty': [statusOf('/studies?PatientID=NONE'), '200', '204'],
  'w10.accept_type': [statusOf(study, { Accept: 'multipart/related; type=application/dicom' }), '200', '406'],
  'w11.accept': [statusOf('/studies', { Accept: 'application/json' }), '200', '406'],
  'w12.content_type': [header('/studies', 'content-type'), 'application/dicom+json', 'application/json; charset=utf-8'],
  'w13.qido': [async (a) => `${await statusOf('/studies')(a)} ${await statusOf('/aets/QUIRK/rs/studies')(a)}`, '200 404', '404 200'],
  'w13.wado': [async (a) => `${await statusOf(study)(a)} ${await statusOf(`/wado-rs${study}`)(a)}`, '200 404', '404 200'],
  'w14.auth': [async (a) => `${await statusOf('/studies')(a)} ${await statusOf('/studies', { Authorization: `Basic ${btoa('reader:secret')}` })(a)}`, '200 200', '401 200'],
  'w15.retrieve_url': [async (a) => (await field(one, '00081190')(a)).replace(a.url, '[base]'), `{"vr":"UR","Value":["[base]${study}"]}`, '{"vr":"UR","Value":["[base]/studies/null"]}'],
  'w16.disabled': [async (a) => `${await statusOf('/studies')(a)} ${await statusOf(study)(a)}`, '200 200', '503 200'],
  'w17.numbers': [field(one, '00201208'), '{"vr":"IS","Value":[3]}', '{"vr":"IS","Value":["3"]}'],
  'w18.shape': [field(one, '00100020'), '{"vr":"LO","Value":["P1"]}', '{"vr":"LO","Value":"P1"}'],
  'w19.boundary': [async (a) => (await header(study, 'content-type')(a)).split('boundary=')[1], 'quirk-pacs-part', 'q'.repeat(70)],
  'w19.part_type': [header(study, 'content-type'), 'multipart/related; type="application/dicom"; boundary=quirk-pacs-part', 'multipart/related; type="application/dicom; transfer-syntax=1.2.840.10008.1.2.1"; boundary=quirk-pacs-part'],
  'w19.part_syntax': [wado(study, quoted, partSyntax), '1.2.840.10008.1.2.1', undefined, 'absent'],
  'w20.single_part': [statusOf(`${study}/series/${root}.1.1/instances/${root}.1.1.1`, { Accept: 'application/dicom' }), '200', '400'],
  'w21.too_many': [async (a) => statusOf('/studies')(a.set('f10.refuses_above', '3')), '413', '400'],
  'w22.newest_first': [web('/studies'), '1 2 3 4 5 6', '2 1 4 3 6 5'],
  'w22.repeats': [web('/studies?offset=3'), '4 5 6', '3 4 5 6'],
  'w22.skips': [web('/studies?offset=3'), '4 5 6', '5 6'],
  'w23.searchable': [web('/studies?PatientName=Q*'), '6', '400'],
  'w24.default_fields': [field(one, '00080050'), '{"vr":"SH","Value":["A1"]}', undefined],
  'w25.empty_values': [web('/studies?PatientID=&PatientName=Q*'), '6', '400'],
  'w26.absent': [statusOf(`${study}/metadata`), '200', '404'],
  'w27.cors': [header('/studies', 'access-control-allow-origin'), '-', '*'],
  'w28.broken_off': [async (a) => asked(a, '/studies').then((r) => r.text()).then(() => 'whole', () => 'broken off'), 'whole', 'broken off'],
  'w28.drops': [wado(study, quoted, parts), '3 instances', '2 instances'],
  'w29.login_page': [header('/studies', 'content-type'), 'application/dicom+json', 'text/html'],
};
