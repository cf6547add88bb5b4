// Frames from an archive that has Composite Instance Root Retrieve at FRAME level (PS3.4 Annex Y): the same as frames that are cut out of
// whole instances, and no pixel of another frame crosses the line. From one that has it not, or gives something else: as if nobody had asked.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { extracted, framesOf } from '../support/quirk_pacs/frames.mjs';
import { stored } from '../support/quirk_pacs/model.mjs';
import { publicStudies } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { sourceFor, startPons } from './support/pons.mjs';

const model = 'r2.frame_level';
const asStored = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';

/// {pacs, ask(instance, path, headers), gets(root), logged(root, n): once there are so many} with the archive's switch at `value`.
async function withFrames(t, data, value, quirks = {}) {
  const pacs = await startQuirkPacs({ truth: data.truth, files: data.root, http: false, quirks: { [model]: value } });
  t.after(() => pacs.close());
  const pons = await startPons({ sources: { pacs: sourceFor({ port: pacs.dimsePort, aet: pacs.aet }, 'dimse', { retrieve: ['c-get'], quirks }) } });
  t.after(() => pons.stop());
  const client = new Client(`${pons.url}/dicomweb`);
  const ask = async ({ study, series, sop }, path, headers = {}) => {
    const answer = await client.raw(`studies/${study}/series/${series}/instances/${sop}/${path}`, { headers });
    const plain = (text) => text.replaceAll(pons.url, '').replaceAll(/pons-[A-Za-z0-9]{32}/g, 'boundary');
    return { status: answer.status, type: plain(answer.headers['content-type'] ?? ''), bytes: plain(answer.bytes.toString('latin1')) };
  };
  const gets = (root) => pacs.log.of('C-GET').filter((entry) => entry.root === root);
  const logged = (root, n) => pacs.log.seen(() => gets(root).length >= n);  // which is after the answer is known
  return { pacs, ask, gets, logged };
}

describe('frames without the others', { timeout: 300000 }, () => {
  const open = [];
  let data;
  let large;     // instances of several frames
  let held;      // by SOP Instance UID: what the archive holds
  let whole;     // an archive that knows nothing of frames
  const expected = new Map();
  const wanted = async (instance, path, headers) => {
    const key = JSON.stringify([instance.sop, path, headers]);
    if (!expected.has(key)) expected.set(key, await whole.ask(instance, path, headers));
    return expected.get(key);
  };
  after(async () => {
    for (const close of open) await close();
  });
  before(async () => {
    data = await publicStudies();
    whole = await withFrames({ after: (close) => open.unshift(close) }, data, 'absent');
    held = new Map(whole.pacs.model.IMAGE.map((entity) => [entity.uid, stored(entity)]));
    // What the truth does not tell, and archives do.
    const instances = data.truth.studies.flatMap((study) => study.series.flatMap((series) => series.instances));
    for (const { attributes } of instances) {
      const one = held.get(attributes.SOPInstanceUID);
      if (/\.1\.2\.2$/.test(one.syntax)) continue;  // big endian, which the archive cannot read
      attributes.NumberOfFrames = `${framesOf(one)}`;
      one.frames = Number(attributes.NumberOfFrames);
    }
    large = [...held.values()].filter(({ frames }) => frames > 1);
  });

  test('are the same, and come alone', async (t) => {
    const { ask, pacs, gets } = await withFrames(t, data, 'taken');
    assert.ok(large.length > 15);
    const kinds = new Set();
    for (const one of large) {
      const lists = [[1], [one.frames], [2, one.frames]].filter((list) => 2 * list.length <= one.frames);
      for (const list of lists)
        for (const headers of [{}, { accept: asStored }]) {
          pacs.log.clear();
          const answer = await ask(one, `frames/${list}`, headers);
          assert.deepEqual(answer, await wanted(one, `frames/${list}`, headers), `${one.entity.file} ${list}`);
          assert.equal(answer.status, 200);
          await pacs.log.seen(({ verb }) => verb === 'C-GET');
          const [got, ...more] = gets('composite');
          assert.deepEqual([got?.level, got?.keys, more.length, gets('study').length],
            ['FRAME', { SOPInstanceUID: one.sop, SimpleFrameList: list.join('\\') }, 0, 0], `${one.entity.file} ${list}`);
          assert.equal(got.bytes, extracted(one, list).bytes.length);
          kinds.add(one.syntax);
        }
    }
    assert.ok(kinds.size >= 4, [...kinds].join());
  });

  test('are rendered the same', async (t) => {
    const { ask, logged } = await withFrames(t, data, 'taken');
    let images = 0;
    for (const one of large)
      for (const accept of ['image/jpeg', 'image/png']) {
        const path = `frames/${one.frames}/rendered`;
        const answer = await ask(one, path, { accept });
        assert.deepEqual(answer, await wanted(one, path, { accept }), one.entity.file);
        images += answer.status === 200 ? 1 : 0;
      }
    assert.ok(images > 20, `${images}`);
    await logged('composite', images);
  });

  test('come with the whole instance where most are wanted, or it has only one, or has no such frame', async (t) => {
    const { ask, gets, logged } = await withFrames(t, data, 'taken');
    const one = large.find(({ frames }) => frames === 3);
    const single = [...held.values()].find(({ frames, syntax }) => frames === 1 && syntax === '1.2.840.10008.1.2.1');
    const cases = [[one, 'frames/1,3'], [one, 'frames/1,2,3'], [one, 'frames/4'], [single, 'frames/1'], [single, 'frames/2'], [one, 'rendered']];
    for (const [instance, path] of cases) assert.deepEqual(await ask(instance, path), await wanted(instance, path), path);
    await logged('study', cases.length);
    assert.equal(gets('composite').length, 0);
    assert.equal(gets('study').length, cases.length);
  });

  for (const [value, tries] of [['few', 3], ['other', 3], ['whole', 3], ['fails', 3], ['all_pixels', 5]])
    test(`an archive that gives something else (${value}) is asked ${tries} times in five, and nobody notices`, async (t) => {
      for (const one of large.filter(({ entity }) => /sm_image\.dcm|sm_image_jpegls\.dcm|heart|liver_rle|seg_image_ct_binary\.dcm/.test(entity.file))) {
        const { ask, gets, logged } = await withFrames(t, data, value);
        for (let n = 0; n < 5; ++n) {
          const path = `frames/${n % 3 + 1}`;
          assert.deepEqual(await ask(one, path), await wanted(one, path, {}), `${one.entity.file} ${path}`);
        }
        await logged('study', 5);
        await logged('composite', tries);
        assert.equal(gets('composite').length, tries, one.entity.file);
        assert.equal(gets('study').length, 5, one.entity.file);
      }
    });

  test('an archive that does not accept it is asked once, one that may not be asked never', async (t) => {
    const one = large.find(({ frames }) => frames === 25);
    const proposals = [];
    for (const quirks of [{}, { frame_level: false }]) {
      const { ask, pacs, gets } = await withFrames(t, data, 'refused', quirks);
      for (const frame of [1, 2, 3]) assert.deepEqual(await ask(one, `frames/${frame}`), await wanted(one, `frames/${frame}`, {}));
      assert.equal(gets('composite').length, 0);
      proposals.push(pacs.log.of('A-ASSOCIATE').filter(({ composite }) => composite).length);
    }
    assert.deepEqual(proposals, [1, 0]);
    const { ask, gets } = await withFrames(t, data, 'taken', { frame_level: false });
    assert.deepEqual(await ask(one, 'frames/7'), await wanted(one, 'frames/7', {}));
    assert.equal(gets('composite').length, 0);
  });

  test('are one pass where several ask for them at once', async (t) => {
    const { ask, gets } = await withFrames(t, data, 'taken');
    const one = large.find(({ frames }) => frames === 25);
    const paths = [2, 3, 5, 7, 11].map((frame) => `frames/${frame}`);
    const answers = await Promise.all(paths.map((path) => ask(one, path)));
    for (const [n, path] of paths.entries()) assert.deepEqual(answers[n], await wanted(one, path, {}), path);
    assert.equal(gets('study').length, 0);
    assert.ok(gets('composite').length <= paths.length);
  });
});
