// Relational C-FIND, C-GET and C-MOVE (PS3.4 C.4.1.2.2.1, C.4.2.2.2.1, C.4.3.2.2.1): series and images by their UIDs alone, where that was agreed to. By a client
// of our own, since DCMTK's tools do not negotiate it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { instancesOf, startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { destination } from './support/destination.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort, removeFolder } from './support/processes.mjs';
import { beginFind, models, retrieve as retrieveBy } from './support/retrieve_client.mjs';
import { madeInstances, wadoStub } from './support/wado_stub.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
let data, pons, taker;

before(async () => {
  data = await syntheticStudies({ studies: 4, plain: true });
  const orthanc = kept(await startOrthanc(data));
  const qrscp = kept(await startDcmqrscp(data));
  const stub = kept(await wadoStub([...madeInstances('1.2.61', 2), ...madeInstances('1.2.62', 2)]));
  taker = kept(await destination());
  const port = await freePort();
  pons = Object.assign(kept(await startPons({
    dicom: { listen: `127.0.0.1:${port}`, ae_titles: { WEB: ['web'], PACS: ['pacs'], QRSCP: ['qrscp'], STUB: ['stub'], MIXED: ['stub', 'qrscp'] } },
    peers: { CT1: { host: '127.0.0.1', port: 104 }, TAKER: { host: '127.0.0.1', port: taker.port } },
    sources: {
      web: sourceFor(orthanc, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }),
      pacs: sourceFor(orthanc, 'dimse', { retrieve: ['c-get'], quirks: { preset: 'orthanc' } }),
      qrscp: sourceFor(qrscp, 'dimse', { retrieve: ['c-get'], quirks: { preset: 'dcmtk-qrscp' } }),
      stub: { kind: 'dicomweb', url: stub.url },
    },
  })), { dicomPort: port });
});
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  if (data) removeFolder(data.root);
});

const retrieve = (called, level, keys, options) => retrieveBy(pons.dicomPort, called, level, keys, { extended: [1, 0], ...options });
const uidsOf = (instances) => instances.map(({ attributes }) => attributes.SOPInstanceUID).sort();
const classesOf = (instances) => [...new Set(instances.map(({ attributes }) => attributes.SOPClassUID))];

for (const called of ['WEB', 'PACS'])
  test(`${called}: series and images of several studies by their UIDs alone`, { timeout: 60000 }, async () => {
    const all = instancesOf(data);
    const classes = classesOf(all);
    const [one, other] = [data.truth.studies[0].series[0], data.truth.studies[1].series[0]];
    const both = [...one.instances, ...other.instances];
    const series = await retrieve(called, 'SERIES', { SeriesInstanceUID: [one, other].map(({ attributes }) => attributes.SeriesInstanceUID).join('\\') }, { classes });
    assert.deepEqual(series.agreed, [[models.get, [1, 0]]]);
    assert.deepEqual([series.status, series.completed, series.failed, series.taken], ['0000', both.length, 0, uidsOf(both)], series.comment);
    const some = [one.instances[0], other.instances.at(-1)];
    const images = await retrieve(called, 'IMAGE', { SOPInstanceUID: uidsOf(some).join('\\') }, { classes });
    assert.deepEqual([images.status, images.taken], ['0000', uidsOf(some)], images.comment);
    const nowhere = await retrieve(called, 'IMAGE', { SOPInstanceUID: '2.25.42' }, { classes });
    assert.deepEqual([nowhere.status, nowhere.completed, nowhere.failed], ['0000', 0, 0]);
    const stranger = await retrieve(called, 'IMAGE', { SOPInstanceUID: uidsOf(some)[0], PatientID: 'SOMEBODY-ELSE' }, { classes });
    assert.deepEqual([stranger.status, stranger.completed, stranger.taken], ['0000', 0, []]);
    const moved = await retrieve(called, 'IMAGE', { SOPInstanceUID: uidsOf(some).join('\\') }, { destination: 'TAKER' });
    assert.deepEqual(moved.agreed, [[models.move, [1, 0]]]);
    assert.deepEqual([moved.status, moved.completed], ['0000', 2], moved.comment);
    assert.deepEqual(taker.taken.slice(-2).map(({ uid }) => uid).sort(), uidsOf(some));
  });

async function find(called, level, keys, extended = [1]) {
  const asked = await beginFind(pons.dicomPort, called, level, keys, { extended });
  const got = await asked.all();
  await asked.release();
  return { ...got, agreed: asked.agreed };
}

for (const called of ['WEB', 'PACS'])
  test(`${called}: series and images of several studies are found by their UIDs alone`, { timeout: 60000 }, async () => {
    const uid = (name) => ({ attributes }) => attributes[name];
    const [[a, one], [b, other]] = [0, 1].map((n) => [data.truth.studies[n], data.truth.studies[n].series[0]]);
    const path = (study, series, instance) => [uid('StudyInstanceUID')(study), uid('SeriesInstanceUID')(series), instance ? uid('SOPInstanceUID')(instance) : ''];
    const all = { StudyInstanceUID: '', SeriesInstanceUID: '' };
    const series = await find(called, 'SERIES', { ...all, SeriesInstanceUID: [one, other].map(uid('SeriesInstanceUID')).join('\\') });
    assert.deepEqual(series.agreed, [[models.find, [1]]]);
    assert.deepEqual([series.status, series.rows.sort()], ['0000', [path(a, one), path(b, other)].sort()], series.comment);
    const some = [[a, one, one.instances[0]], [b, other, other.instances.at(-1)]];
    const images = await find(called, 'IMAGE', { ...all, SOPInstanceUID: some.map(([, , i]) => uid('SOPInstanceUID')(i)).join('\\') });
    assert.deepEqual([images.status, images.rows.sort()], ['0000', some.map((each) => path(...each)).sort()], images.comment);
    const ofSeries = await find(called, 'IMAGE', { ...all, SeriesInstanceUID: uid('SeriesInstanceUID')(one), SOPInstanceUID: '' });
    assert.deepEqual([ofSeries.status, ofSeries.rows.sort()], ['0000', one.instances.map((i) => path(a, one, i)).sort()], ofSeries.comment);
    const nowhere = await find(called, 'IMAGE', { SOPInstanceUID: '2.25.42' });
    assert.deepEqual([nowhere.status, nowhere.rows], ['0000', []]);
  });

test('C-FIND by UIDs alone: not without the agreement, nor where no archive can be asked so; what is not known to be nowhere is told', async () => {
  const alone = { SOPInstanceUID: '1.2.61.1.1', StudyInstanceUID: '' };
  const refused = await find('STUB', 'IMAGE', alone, [0]);
  assert.deepEqual([refused.status, refused.rows], ['A900', []]);
  const unable = await find('QRSCP', 'IMAGE', alone);
  assert.deepEqual([unable.status, unable.comment], ['A900', 'no archive here finds series or images by their UIDs alone']);
  const broad = await find('STUB', 'IMAGE', { SOPInstanceUID: '' });
  assert.deepEqual([broad.status, broad.rows], ['A700', []]);
  const other = await find('MIXED', 'IMAGE', alone);
  assert.deepEqual([other.status, other.rows], ['0000', [['1.2.61', '', '1.2.61.1.1']]], other.comment);
  const unknown = await find('MIXED', 'IMAGE', { SOPInstanceUID: '1.2.61.1.1\\2.25.42' });
  assert.deepEqual([unknown.status, unknown.rows], ['A700', []]);
  assert.match(unknown.comment, /^source qrscp cannot be asked by these UIDs alone/);
});

test('without the agreement the UIDs above have to be named', async () => {
  for (const extended of [undefined, [0, 0]]) {
    const refused = await retrieve('STUB', 'IMAGE', { SOPInstanceUID: '1.2.61.1.1' }, { extended });
    assert.equal(refused.status, 'A900');
    assert.match(refused.comment, /StudyInstanceUID/);
  }
  const named = await retrieve('STUB', 'IMAGE', { StudyInstanceUID: '1.2.61', SeriesInstanceUID: '1.2.61.1', SOPInstanceUID: '1.2.61.1.1' }, { extended: [1, 1], classes: ['1.2.840.10008.5.1.4.1.1.7'] });
  assert.deepEqual([named.status, named.taken, named.agreed], ['0000', ['1.2.61.1.1'], [[models.get, [1, 0]]]], named.comment);
});

test('an archive that cannot be asked so', async () => {
  const refused = await retrieve('QRSCP', 'IMAGE', { SOPInstanceUID: '1.2.61.1.1' });
  assert.deepEqual([refused.status, refused.comment], ['A900', 'no archive here finds series or images by their UIDs alone']);
  // What another has is sent; what nobody else has may be there.
  const classes = ['1.2.840.10008.5.1.4.1.1.7'];
  const other = await retrieve('MIXED', 'IMAGE', { SOPInstanceUID: '1.2.61.1.1\\1.2.62.1.2' }, { classes });
  assert.deepEqual([other.status, other.taken], ['0000', ['1.2.61.1.1', '1.2.62.1.2']], other.comment);
  const unknown = await retrieve('MIXED', 'IMAGE', { SOPInstanceUID: '1.2.61.1.1\\2.25.42' }, { classes });
  assert.deepEqual([unknown.status, unknown.taken], ['A701', []]);
  assert.match(unknown.comment, /^source qrscp cannot be asked by these UIDs alone/);
});
