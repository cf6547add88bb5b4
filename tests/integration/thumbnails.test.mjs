// Thumbnails of studies and series: one instance is chosen by search and retrieved, whatever else there is and in which order it comes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance, madeVideo, madeWithoutPicture } from '../support/hostile/instances.mjs';
import { Client } from './support/client.mjs';
import { makeFile } from './support/files.mjs';
import { startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';
import { madeInstances, wadoStub } from './support/wado_stub.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const uid = (n) => `1.2.826.0.1.3680043.10.1.${n}`;
const [mixed, many, documents, broken, webbed, failing, captured] = [61, 62, 63, 64, 65, 66, 67].map(uid);
const undecodable = (series, number) => madeVideo({ study: broken, series, number });
const reports = { modality: 'OT' };  // as some archives tell it of everything
const instances = [
  madeWithoutPicture({ study: mixed, series: 1 }), madeWithoutPicture({ study: mixed, series: 2, ...reports }), madeInstance({ study: mixed, series: 3 }),
  ...Array.from({ length: 200 }, (_, n) => madeInstance({ study: many, number: n + 1, size: 512 * 512 * 2 })),
  madeWithoutPicture({ study: documents, series: 1 }), madeWithoutPicture({ study: documents, series: 2, ...reports }),
  // The middle one and the first of a series, the only one of the next; then one that is all right.
  ...[1, 2, 3].map((n) => undecodable(1, n)), undecodable(2, 1), madeInstance({ study: broken, series: 3 }),
  madeInstance({ study: failing, series: 1 }), madeVideo({ study: failing, series: 2 }),  // the first is not sent
  { ...madeInstance({ study: captured }), modality: 'ECG' },
];

let archive, second, stub, pons;
const sent = [];  // SOP Instance UIDs
before(async () => {
  const drops = ({ instance }) => {  // it is called again when a store fails
    if (sent.at(-1) !== instance.sop) sent.push(instance.sop);
    return instance.series === `${failing}.1`;
  };
  archive = kept(await new HostileArchive(instances, { drops }).start());
  second = kept(await new HostileArchive(instances.filter((i) => i.study === documents), {}).start());
  stub = kept(await wadoStub(madeInstances(webbed, 9).map((i) => ({ ...i, file: makeFile({ ...i, side: 16 }) }))));
  const port = await freePort();
  archive.sendsTo(port);
  const dimse = (of, way) => ({ kind: 'dimse', host: '127.0.0.1', port: of.port, called_ae: of.aet, retrieve: [way] });
  pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources: {
    'c-get': dimse(archive, 'c-get'), 'c-move': dimse(archive, 'c-move'), other: dimse(second, 'c-get'), web: { kind: 'dicomweb', url: stub.url },
  } }));
});

const png = { headers: { Accept: 'image/png' } };
const thumbnail = (face, path) => new Client(`${pons.url}/dicomweb${face ? `/sources/${face}` : ''}`).raw(`studies/${path}/thumbnail`, png);

/// An image of that many instances sent; gives their UIDs.
async function picture(face, path) {
  sent.length = 0;
  const answer = await thumbnail(face, path);
  assert.equal(answer.status, 200, answer.text.slice(0, 300));
  assert.equal(answer.headers['content-type'], 'image/png');
  assert.equal(answer.bytes.subarray(1, 4).toString(), 'PNG');
  return [...sent];
}

for (const face of ['c-get', 'c-move', '']) {
  test(`${face || 'all sources'}: a study with reports before its images`, async () => {
    assert.deepEqual(await picture(face, mixed), [`${mixed}.3.1`]);
  });

  test(`${face || 'all sources'}: one of many images is sent`, async () => {
    for (const path of [many, `${many}/series/${many}.1`]) {
      const one = await picture(face, path);
      assert.equal(one.length, 1, `${one.length} instances`);
      assert.ok(one[0].startsWith(`${many}.1.`));
    }
  });

  test(`${face || 'all sources'}: what cannot be decoded makes room for the next`, async () => {
    assert.deepEqual((await picture(face, broken)).at(-1), `${broken}.3.1`);
    const series = await thumbnail(face, `${broken}/series/${broken}.1`);
    assert.equal(series.status, 406, series.text);
    assert.match(series.text, /cannot be decoded/);
  });

  test(`${face || 'all sources'}: an archive that fails is told of before pixels that cannot be decoded`, async () => {
    const answer = await thumbnail(face, failing);
    assert.ok(answer.status === 502 || answer.status === 503, `${answer.status}: ${answer.text}`);  // 503: it may come later
  });

  test(`${face || 'all sources'}: captures of a modality without images`, async () => {
    assert.deepEqual(await picture(face, captured), [`${captured}.1.1`]);
  });

  test(`${face || 'all sources'}: nothing that has pixels is 406, and nothing is sent for it; what is not there is 404`, async () => {
    sent.length = 0;
    for (const path of [documents, `${documents}/series/${documents}.1`, `${documents}/series/${documents}.2`]) {
      const answer = await thumbnail(face, path);
      assert.equal(answer.status, 406, path);
      assert.match(answer.text, /no pixel data/);
    }
    assert.deepEqual(sent, []);
    for (const path of ['1.2.3.4', '1.2.3.4/series/1.2.3.5', `${mixed}/series/1.2.3.5`])
      assert.equal((await thumbnail(face, path)).status, 404, path);
  });
}

test('of a DICOMweb archive one instance is asked for', async () => {
  stub.retrieves.length = 0;
  const answer = await thumbnail('web', webbed);
  assert.equal(answer.status, 200, answer.text.slice(0, 300));
  assert.deepEqual(stub.retrieves, [`/dicom-web/studies/${webbed}/series/${webbed}.1/instances/${webbed}.1.5`]);
});

test('the same series at the same time is one retrieve, or two', async () => {
  const before = archive.operations;
  const answers = await Promise.all(Array.from({ length: 8 }, () => thumbnail('c-get', `${many}/series/${many}.1`)));
  assert.deepEqual([...new Set(answers.map((a) => a.status))], [200]);
  assert.ok(archive.operations - before <= 2, `${archive.operations - before} retrieves`);
});
