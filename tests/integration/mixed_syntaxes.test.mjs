// A study of which something cannot be given as it is asked for: 406 where anybody could know that before the first byte, else visibly broken off.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance, madeVideo } from '../support/hostile/instances.mjs';
import { retrieve } from '../support/hostile/retrieving.mjs';
import { Client } from './support/client.mjs';
import { startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';
import { availableIn, madeInstances, wadoStub } from './support/wado_stub.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const h264 = '1.2.840.10008.1.2.4.102';
const explicit = '1.2.840.10008.1.2.1';
const ultrasound = '1.2.840.10008.5.1.4.1.1.3.1';
const endoscopic = '1.2.840.10008.5.1.4.1.1.77.1.1.1';
const uid = (n) => `1.2.826.0.1.3680043.10.1.${n}`;
const [videos, loops, images] = [71, 72, 73].map(uid);
// Each with an image before it, in a series of its own.
const instances = [
  madeInstance({ study: videos, size: 4096 }), madeVideo({ study: videos, series: 2 }),
  madeInstance({ study: loops, size: 4096 }), madeVideo({ study: loops, series: 2, sopClass: ultrasound, modality: 'US' }),
  madeInstance({ study: images, size: 1 << 19 }), madeInstance({ study: images, series: 2, sopClass: endoscopic }),
];
const webs = [81, 82, 83, 84].map(uid);
const copies = [91, 92].map(uid);  // held by two: the first as it can be given, the second as it cannot

let pons;
const archives = {};
const sent = [];  // SOP Instance UIDs
before(async () => {
  const port = await freePort();
  const drops = ({ instance }) => {  // it is called again when a store fails
    if (sent.at(-1) !== instance.sop) sent.push(instance.sop);
    return false;
  };
  const sources = {};
  for (const way of ['c-get', 'c-move'])
    for (const tellsSyntax of [true, false]) {
      const name = `${way}-${tellsSyntax ? 'tells' : 'silent'}`;
      archives[name] = kept(await new HostileArchive(instances, { drops, tellsSyntax }).start()).sendsTo(port);
      sources[name] = { kind: 'dimse', host: '127.0.0.1', port: archives[name].port, called_ae: archives[name].aet, retrieve: [way] };
    }
  const available = [[explicit], [h264], [h264, explicit], [explicit, h264]];
  archives.web = kept(await wadoStub(webs.flatMap((study, n) => madeInstances(study, 3).map((one) => availableIn(one, available[n])))));
  const image = (study, n) => madeInstance({ study, series: n, size: 4096 });
  const video = (study, n) => madeVideo({ study, series: n, sopClass: ultrasound, modality: 'US' });
  const [both, more] = copies;
  const held = { first: [image(both, 1), image(both, 2), image(more, 1), image(more, 2)], second: [image(both, 1), video(both, 2), video(more, 3)] };
  for (const [name, of] of Object.entries(held)) {
    archives[name] = kept(await new HostileArchive(of, { drops, tellsSyntax: true }).start());
    sources[name] = { kind: 'dimse', host: '127.0.0.1', port: archives[name].port, called_ae: archives[name].aet, retrieve: ['c-get'] };
  }
  pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources: { ...sources, web: { kind: 'dicomweb', url: archives.web.url } } }));
});

const asStored = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const byDefault = 'multipart/related; type="application/dicom"';
const base = (face) => `${pons.url}/dicomweb${face ? `/sources/${face}` : ''}`;
const ask = (face, study, accept = byDefault) => retrieve(`${base(face)}/studies/${study}`, { headers: { Accept: accept } });

async function refused(face, study) {
  const answer = await new Client(base(face)).raw(`studies/${study}`, { headers: { Accept: byDefault } });
  assert.equal(answer.status, 406, `${face}: ${answer.text.slice(0, 200)}`);
  assert.match(answer.text, new RegExp(`${h264.replaceAll('.', '\\.')}.*transfer-syntax=\\*`));
}

function whole(got, count) {
  assert.equal(got.status, 200);
  assert.equal(got.error, undefined);
  assert.equal(got.parts.length, count);
}

for (const face of ['c-get-tells', 'c-move-tells', '']) {
  test(`${face || 'all sources'}: what the archive tells is refused before anything is sent`, async () => {
    for (const study of [videos, loops]) {
      sent.length = 0;
      await refused(face, study);
      assert.deepEqual(sent, []);
      whole(await ask(face, study, asStored), 2);
    }
    whole(await ask(face, images), 2);
  });
}

for (const face of ['c-get-silent', 'c-move-silent']) {
  test(`${face}: a video is looked at first where its class says that it may be one`, async () => {
    sent.length = 0;
    await refused(face, videos);
    assert.deepEqual(sent, [`${videos}.2.1`]);
    whole(await ask(face, videos, asStored), 2);
    whole(await ask(face, images), 2);
  });

  test(`${face}: what nobody can know is broken off, and seen to be`, async () => {
    const got = await ask(face, loops);
    assert.equal(got.status, 200);
    assert.notEqual(got.error, undefined, 'it must not end well');
    assert.ok(got.begun > 0 && got.parts.length < 2, `${got.parts.length} of ${got.begun} parts`);
    whole(await ask(face, loops, asStored), 2);
  });
}

test('of a DICOMweb archive', async () => {
  whole(await ask('web', webs[0]), 3);
  archives.web.retrieves.length = 0;
  await refused('web', webs[1]);
  assert.deepEqual(archives.web.retrieves, []);
  whole(await ask('web', webs[3]), 3);
});

test('what is available in several transfer syntaxes may come as any of them, and what comes decides', async () => {
  archives.web.retrieves.length = 0;
  assert.equal((await ask('web', webs[2])).status, 406);
  assert.equal(archives.web.retrieves.length, 1);
  whole(await ask('web', webs[2], asStored), 3);
});

test('what two archives hold counts as the one has it that sends it', async () => {
  sent.length = 0;
  whole(await ask('', copies[0]), 2);
  assert.deepEqual(sent, [1, 2].map((n) => `${copies[0]}.${n}.1`));
  sent.length = 0;
  await refused('', copies[1]);
  assert.deepEqual(sent, []);
});

// docs/administrators.md says so: what there is, before the first byte and from it on.
test('a study that is not asked for as it is stored costs one more query than one that is', async () => {
  const archive = archives['c-get-tells'];
  const queries = async (face, study, accept) => {
    Object.assign(archive.finds, { STUDY: 0, SERIES: 0, IMAGE: 0 });
    await ask(face, study, accept);
    return { ...archive.finds };
  };
  assert.deepEqual(await queries('c-get-tells', images, asStored), { STUDY: 1, SERIES: 2, IMAGE: 4 });
  assert.deepEqual(await queries('c-get-tells', images, byDefault), { STUDY: 2, SERIES: 2, IMAGE: 4 });
  assert.deepEqual(await queries('c-get-tells', videos, byDefault), { STUDY: 1, SERIES: 1, IMAGE: 2 });
  // Of several archives each is asked whether it holds it, once.
  archive.finds.STUDY = 0;
  await ask('', copies[0]);
  assert.equal(archive.finds.STUDY, 1);
  const web = archives.web.searches;
  Object.assign(web, { studies: 0, series: 0, instances: 0 });
  whole(await ask('web', webs[0]), 3);
  assert.deepEqual(web, { studies: 2, series: 1, instances: 1 });
});
