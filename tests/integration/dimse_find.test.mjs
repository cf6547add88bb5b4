// The DIMSE provider, asked by DCMTK's clients: Pons before dcmqrscp and before Orthanc's DICOMweb, and the archive itself.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { echo, find } from './support/dcmtk_clients.mjs';
import { findScp } from './support/find_scp.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort, removeFolder, until } from './support/processes.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
let data, qrscp, endless, pons;
const at = {};  // by AE title
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  removeFolder(data.root);
});

before(async () => {
  data = await syntheticStudies({ studies: 40, plain: true });
  qrscp = kept(await startDcmqrscp(data));
  const orthanc = kept(await startOrthanc(data));
  endless = kept(await findScp({ then: 'silent' }));
  const dimsePort = await freePort();
  pons = kept(await startPons({
    dicom: { listen: `127.0.0.1:${dimsePort}`, ae_titles: { PONS_QR: ['qrscp'], PONS_WEB: ['web'], PONS_GONE: ['gone'], PONS_PART: ['web', 'gone'], PONS_ENDLESS: ['endless'] } },
    peers: { FINDSCU: { host: 'localhost', port: 104 }, ECHOSCU: { host: '127.0.0.1', port: 104 }, AWAY: { host: '192.0.2.7', port: 104 } },
    sources: {
      qrscp: sourceFor(qrscp, 'dimse', { quirks: { preset: 'dcmtk-qrscp' } }),
      web: sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
      endless: { kind: 'dimse', host: '127.0.0.1', port: endless.port, called_ae: 'ENDLESS' },
      gone: { kind: 'dimse', host: '127.0.0.1', port: 9, called_ae: 'GONE' },
    },
  }));
  for (const aet of ['PONS', 'PONS_QR', 'PONS_WEB', 'PONS_GONE', 'PONS_PART', 'PONS_ENDLESS']) at[aet] = { aet, dimsePort };
  at.itself = { aet: 'PACS', dimsePort: qrscp.port };
});

const studies = () => data.truth.studies;
const texts = ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'StudyDate', 'StudyTime', 'StudyDescription', 'AccessionNumber', 'StudyID',
  'ReferringPhysicianName', 'StudyInstanceUID'];
const retrieveTitle = '(0008,0054)';

/// Rows without what is no data: who answered, character set, and what has no value.
function plain(rows) {
  return rows.map((row) => JSON.stringify(Object.entries(row)
    .filter(([tag, value]) => value !== '' && tag !== retrieveTitle && tag !== '(0008,0005)').sort())).sort();
}

/// `keys` over those that are asked for.
const asking = (keys, all = texts) => [...keys, ...all.filter((name) => !keys.some((key) => key.startsWith(`${name}=`)))];

test('C-ECHO, and who may call', async () => {
  assert.equal((await echo(at.PONS, ['-aec', 'PONS'])).status, '0000');
  for (const [options, reason] of [[['-aec', 'PONS', '-aet', 'STRANGER'], /Calling AE Title Not Recognized/], [['-aec', 'PONS', '-aet', 'AWAY'], /Calling AE Title Not Recognized/],
    [['-aec', 'OTHER'], /Called AE Title Not Recognized/]])
    assert.match((await echo(at.PONS, options)).rejected ?? 'accepted', reason);
  assert.match(pons.process.output, /AE title STRANGER called from 127\.0\.0\.1, and is not among peers; to let it in, write peers: /);
});

for (const title of ['PONS_QR', 'PONS_WEB'])
  test(`${title}: what findscu is told equals what the archive itself tells`, { timeout: 120000 }, async () => {
    const one = studies()[3].attributes;
    const deep = studies().find((s) => s.series.length > 1) ?? studies()[0];
    const [uid, series] = [deep.attributes.StudyInstanceUID, deep.series[0].attributes.SeriesInstanceUID];
    const ofSeries = ['SeriesInstanceUID', 'Modality', 'SeriesNumber'];  // dcmqrscp tells no more
    const ofImages = ['SOPInstanceUID', 'InstanceNumber'];
    const queries = [
      ['STUDY', '-S', asking([`PatientID=${one.PatientID}`])],
      ['STUDY', '-S', asking([`PatientID=${one.PatientID.slice(0, 3)}*`])],
      ['STUDY', '-S', asking([`PatientName=${String(one.PatientName).split('^')[0]}*`])],
      ['STUDY', '-S', asking([`StudyInstanceUID=${studies().slice(0, 4).map((s) => s.attributes.StudyInstanceUID).join('\\')}`])],
      ['STUDY', '-S', asking([`StudyDate=${one.StudyDate}`])],
      ['STUDY', '-S', asking(['StudyDate=19000101-20991231'])],
      ['STUDY', '-S', asking([`StudyDate=${one.StudyDate}-`])],
      ['STUDY', '-S', asking([`AccessionNumber=${one.AccessionNumber}`, 'PatientSex=F'])],
      ['STUDY', '-S', asking(['PatientID=nobody'])],
      ['SERIES', '-S', [`StudyInstanceUID=${uid}`, ...ofSeries]],
      ['SERIES', '-S', [`StudyInstanceUID=${uid}`, ...ofSeries.slice(0, 1), `Modality=${deep.series[0].attributes.Modality}`]],
      ['IMAGE', '-S', [`StudyInstanceUID=${uid}`, `SeriesInstanceUID=${series}`, ...ofImages]],
      ['PATIENT', '-P', [`PatientID=${one.PatientID}`, 'PatientName', 'PatientSex', 'PatientBirthDate']],
      ['STUDY', '-P', asking([`PatientID=${one.PatientID}`])],
      ['SERIES', '-P', [`PatientID=${deep.attributes.PatientID}`, `StudyInstanceUID=${uid}`, ...ofSeries]],
    ];
    for (const [level, root, keys] of queries) {
      const [expected, got] = [await find(at.itself, keys, { level, root }), await find(at[title], keys, { level, root })];
      const what = `${level} ${root} ${keys.join(' ')}`;
      assert.equal(got.status, '0000', `${what}\n${got.text}`);
      assert.deepEqual(plain(got.rows), plain(expected.rows), what);
      assert.ok(got.pending.every((s) => s === 'FF00'), what);
      for (const row of got.rows) assert.equal(row[retrieveTitle], title);
    }
  });

test('modalities and counts are told where the archive does not', async () => {
  const study = studies().find((s) => s.series.length > 1);
  const got = await find(at.PONS_QR, [`StudyInstanceUID=${study.attributes.StudyInstanceUID}`, 'ModalitiesInStudy', 'NumberOfStudyRelatedSeries']);
  assert.equal(got.rows.length, 1);
  assert.equal(Number(got.rows[0]['(0020,1206)']), study.series.length);
  assert.deepEqual(got.rows[0]['(0008,0061)'].split('\\').sort(), [...new Set(study.series.map((s) => s.attributes.Modality))].sort());
});

test('two sources of the same studies: each study once', async () => {
  const one = studies()[5].attributes;
  const got = await find(at.PONS, asking([`PatientID=${one.PatientID}`]));
  const uids = got.rows.map((row) => row['(0020,000d)'].replace('\0', ''));
  assert.deepEqual([...uids].sort(), studies().filter((s) => s.attributes.PatientID === one.PatientID).map((s) => s.attributes.StudyInstanceUID).sort());
  assert.equal(got.status, 'A700', 'one source is gone');
});

test('a source that is down is never Success', async () => {
  const keys = asking([`PatientID=${studies()[0].attributes.PatientID}`]);
  const gone = await find(at.PONS_GONE, keys);
  assert.deepEqual([gone.rows.length, gone.status], [0, 'A700']);
  const part = await find(at.PONS_PART, keys);
  assert.ok(part.rows.length > 0);
  assert.equal(part.status, 'A700');
  assert.match(part.text, /source gone: /);
});

test('too broad, or without the keys above: refused, with what helps', async () => {
  const broad = await find(at.PONS_WEB, ['StudyInstanceUID']);
  assert.deepEqual([broad.rows.length, broad.status], [0, 'A700']);
  assert.match(broad.text, /Patient ID/);
  assert.equal((await find(at.PONS_WEB, ['SeriesInstanceUID'], { level: 'SERIES' })).status, 'A900');
  assert.equal((await find(at.PONS_WEB, ['PatientID=X'], { level: 'PATIENT' })).status, 'A900');
});

test('findscu cancels after some rows: FE00, and the association ends well', async () => {
  const got = await find(at.PONS_ENDLESS, asking(['PatientID=HAND-1']), { options: ['--cancel', '2'] });
  assert.deepEqual([got.status, got.rows.length], ['FE00', 3], got.text);
  assert.equal(got.code, 0);
  await until(() => endless.cancelled === 1, { what: 'the archive hears of it' });
});

test('implicit VR too', async () => {
  const keys = asking([`PatientID=${studies()[0].attributes.PatientID}`]);
  const [as, is] = [await find(at.PONS_WEB, keys, { options: ['-xi'] }), await find(at.PONS_WEB, keys)];
  assert.deepEqual(plain(as.rows), plain(is.rows));
});

test('hundreds of silent and half-spoken callers keep nobody waiting', { timeout: 60000 }, async () => {
  const callers = await Promise.all(Array.from({ length: 200 }, (_, n) => new Promise((resolve, reject) => {
    const socket = connect(at.PONS.dimsePort, '127.0.0.1', () => { if (n % 2) socket.write(Buffer.from([1, 0, 0, 0, 1, 0])); resolve(socket); });
    socket.on('error', reject);
  })));
  for (const socket of callers) socket.on('error', () => {});
  assert.equal((await echo(at.PONS, ['-aec', 'PONS'])).status, '0000');
  for (const socket of callers) socket.destroy();
});

test('the log and the metrics tell what was asked, and nothing about a patient', async () => {
  const metrics = await (await fetch(`${pons.url}/metrics`)).text();
  assert.match(metrics, /^pons_dicom_c_find_total [1-9]/m);
  assert.match(metrics, /^pons_dicom_callers_not_admitted_total 2/m);
  assert.match(pons.process.output, /DICOM C-FIND of FINDSCU at 127\.0\.0\.1 to PONS_QR: status 0000, \d+ results/);
  for (const { attributes } of studies())
    for (const secret of [attributes.PatientID, attributes.AccessionNumber, attributes.StudyInstanceUID].filter((text) => text?.length > 5))
      assert.ok(!pons.process.output.includes(secret), secret);
});
