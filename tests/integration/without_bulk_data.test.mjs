// Metadata from an archive that has Composite Instance Retrieve Without Bulk Data (PS3.4 Annex Z): the same as metadata made of whole
// instances, and no pixel crosses the line. From one that has it not, or only says so: as if nobody had asked.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { publicStudies } from './support/archives.mjs';
import { sourceFor, startPons } from './support/pons.mjs';

const model = 'r2.without_bulk_data';
const waveforms = /^1\.2\.840\.10008\.5\.1\.4\.1\.1\.9\./;

/// {documents: metadata by study, records: of the archive's log, C-GETs} with the archive's switch at `value`.
async function metadataBy(t, data, studies, value, quirks) {
  const pacs = await startQuirkPacs({ truth: data.truth, files: data.root, http: false, quirks: { [model]: value } });
  t.after(() => pacs.close());
  const pons = await startPons({ sources: { pacs: sourceFor({ port: pacs.dimsePort, aet: pacs.aet }, 'dimse', { retrieve: ['c-get'], quirks }) } });
  t.after(() => pons.stop());
  const documents = new Map();
  for (const uid of studies) {
    const answer = await fetch(`${pons.url}/dicomweb/studies/${uid}/metadata`, { headers: { accept: 'application/dicom+json' } });
    documents.set(uid, answer.status === 200 ? ordered(await answer.json(), pons.url) : answer.status);
  }
  return { documents, gets: pacs.log.of('C-GET') };
}

// What is private has another VR once it was written anew (PS3.5 §6.2.2).
const isPrivate = (key) => /^[0-9A-F]{3}[13579BDF][0-9A-F]{4}$/.test(key);

/// By instance; the VR of Pixel Data depends on how it was stored, which is not told without it.
function ordered(instances, url) {
  const text = JSON.stringify(instances).replaceAll(url, '');
  const all = JSON.parse(text, function public_(key, value) { return isPrivate(key) && !Array.isArray(this) ? undefined : value; }).map((one) => ({ ...one, ...(one['7FE00010'] ? { '7FE00010': { BulkDataURI: one['7FE00010'].BulkDataURI } } : {}) }));
  return all.sort((a, b) => (a['00080018'].Value[0] < b['00080018'].Value[0] ? -1 : 1));
}

describe('metadata without bulk data', { timeout: 300000 }, () => {
  let data;
  let studies;
  let expected;
  const classesOf = (study) => study.series.flatMap(({ instances }) => instances.map(({ attributes }) => attributes.SOPClassUID));
  const open = [];
  after(async () => {
    for (const close of open) await close();
  });
  before(async () => {
    data = await publicStudies();
    studies = data.truth.studies.map(({ attributes }) => attributes.StudyInstanceUID);
    expected = await metadataBy({ after: (close) => open.unshift(close) }, data, studies, 'absent', {});
  });

  test('is the same as of whole instances, and comes without them', async (t) => {
    const { documents, gets } = await metadataBy(t, data, studies, 'taken', {});
    for (const study of data.truth.studies) {
      const uid = study.attributes.StudyInstanceUID;
      assert.deepEqual(documents.get(uid), expected.documents.get(uid), uid);
    }
    const bare = data.truth.studies.filter((study) => !classesOf(study).some((uid) => waveforms.test(uid)));
    assert.ok(bare.length > 20 && bare.length < studies.length);
    // One study breaks the archive off, which cannot read what it holds: it comes whole then.
    assert.equal(gets.filter(({ root }) => root === 'instance').length, bare.length - 1);
    assert.equal(gets.filter(({ root }) => root === 'study').length >= studies.length - bare.length, true);
  });

  test('is asked for once where the archive does not accept it', () => {
    assert.equal(expected.gets.filter(({ root }) => root === 'instance').length, 0);
    assert.ok([...expected.documents.values()].filter(Array.isArray).length > 20);
  });

  for (const [value, wanted] of [['whole', 'instances that come whole all the same are cut here'], ['fails', 'an archive that takes it and fails is asked three times']]) {
    test(wanted, async (t) => {
      const some = studies.slice(0, 8);
      const { documents, gets } = await metadataBy(t, data, some, value, {});
      for (const uid of some) assert.deepEqual(documents.get(uid), expected.documents.get(uid), uid);
      const tries = gets.filter(({ root }) => root === 'instance').length;
      assert.ok(value === 'fails' ? tries === 3 : tries > 3, `${tries}`);
    });
  }

  test('is not asked for where the configuration says so', async (t) => {
    const { documents, gets } = await metadataBy(t, data, studies.slice(0, 2), 'taken', { without_bulk_data: false });
    assert.deepEqual(documents.get(studies[0]), expected.documents.get(studies[0]));
    assert.deepEqual([...new Set(gets.map(({ root }) => root))], ['study']);
  });
});

// Whatever the archive lists is asked for, and what it lists confirms that it came: only its own counts know better.
test('metadata without bulk data is not asked for where the archive counts nothing, and may list less than it holds', { timeout: 120000 }, async (t) => {
  const uid = '1.2.826.0.1.3680043.10.1.50';
  const instances = Array.from({ length: 50 }, (_, n) => ({ attributes: { SOPInstanceUID: `${uid}.1.${n + 1}`, SOPClassUID: '1.2.840.10008.5.1.4.1.1.7' } }));
  const truth = { studies: [{ attributes: { StudyInstanceUID: uid, PatientID: 'P1' }, series: [{ attributes: { SeriesInstanceUID: `${uid}.1`, Modality: 'OT' }, instances }] }] };
  for (const [what, quirks, status, bare] of [['counts, and lists all', {}, 200, 1], ['counts, and lists 49', { 'f11.cap': '49' }, 502, 0],
    ['does not count, and lists 49', { 'f11.cap': '49', 'f3.counts': 'absent' }, 502, 0], ['counts nothing', { 'f3.counts': 'zero' }, 200, 0]]) {
    await t.test(what, async (own) => {
      const pacs = await startQuirkPacs({ truth, http: false, quirks: { [model]: 'taken', ...quirks } });
      own.after(() => pacs.close());
      const pons = await startPons({ sources: { pacs: sourceFor({ port: pacs.dimsePort, aet: pacs.aet }, 'dimse', { retrieve: ['c-get'], verify: 'strict' }) } });
      own.after(() => pons.stop());
      for (const below of ['', `/series/${uid}.1`]) {
        const answer = await fetch(`${pons.url}/dicomweb/studies/${uid}${below}/metadata`, { headers: { accept: 'application/dicom+json' } });
        assert.equal(answer.status, status);
        assert.equal(status !== 200 || (await answer.json()).length, status !== 200 || 50);
      }
      assert.equal(pacs.log.of('C-GET').filter(({ root }) => root === 'instance').length > 0, bare > 0);
    });
  }
});

test('metadata that is kept costs the archive its listing and nothing else', { timeout: 120000 }, async (t) => {
  const uid = '1.2.826.0.1.3680043.10.1.51';
  const studyOf = (sopClass) => ({ attributes: { StudyInstanceUID: uid, PatientID: 'P1' }, series: [{ attributes: { SeriesInstanceUID: `${uid}.1`, Modality: 'OT' },
    instances: Array.from({ length: 3 }, (_, n) => ({ attributes: { SOPInstanceUID: `${uid}.1.${n + 1}`, SOPClassUID: sopClass } })) }] });
  for (const [what, value, sopClass] of [['without bulk data', 'taken', '1.2.840.10008.5.1.4.1.1.7'], ['of whole instances', 'absent', '1.2.840.10008.5.1.4.1.1.7'],
    ['of waveforms', 'taken', '1.2.840.10008.5.1.4.1.1.9.1.1']]) {
    await t.test(what, async (own) => {
      const pacs = await startQuirkPacs({ truth: { studies: [studyOf(sopClass)] }, http: false, quirks: { [model]: value } });
      own.after(() => pacs.close());
      const pons = await startPons({ sources: { pacs: sourceFor({ port: pacs.dimsePort, aet: pacs.aet }, 'dimse', { retrieve: ['c-get'], answer_cache: { size: 0 } }) } });
      own.after(() => pons.stop());
      const asked = [];
      for (let n = 0; n < 3; ++n) {
        pacs.log.clear();
        const answer = await fetch(`${pons.url}/dicomweb/studies/${uid}/metadata`, { headers: { accept: 'application/dicom+json' } });
        assert.equal(answer.status, 200);
        assert.equal((await answer.json()).length, 3);
        asked.push([pacs.log.of('C-FIND').map(({ level }) => level).join(' '), pacs.log.of('C-GET').length]);
      }
      assert.ok(asked[0][1] > 0);
      assert.deepEqual(asked.slice(1), [['STUDY SERIES IMAGE', 0], ['STUDY SERIES IMAGE', 0]]);
    });
  }
});
