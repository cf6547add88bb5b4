// A study of which several archives hold parts: what they hold now, whatever searches were told before.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance } from '../support/hostile/instances.mjs';
import { retrieve } from '../support/hostile/retrieving.mjs';
import { Client } from './support/client.mjs';
import { startPons } from './support/pons.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const study = '1.2.826.0.1.3680043.10.1.95';
const image = (series) => madeInstance({ study, series, size: 4096 });
let first, second, pons;
before(async () => {
  first = kept(await new HostileArchive([image(1), image(2)]).start());
  second = kept(await new HostileArchive([image(1)], { counts: false }).start());
  const source = (of) => ({ kind: 'dimse', host: '127.0.0.1', port: of.port, called_ae: of.aet, retrieve: ['c-get'], answer_cache: { time: '60s' } });
  pons = kept(await startPons({ sources: { first: source(first), second: source(second) } }));
});

const body = () => retrieve(`${pons.url}/dicomweb/studies/${study}`, { headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' } });
const sops = (got) => got.parts.map((part) => part.sop).sort();

test('an instance that an archive got since it was searched is in the body', async () => {
  const found = await new Client(`${pons.url}/dicomweb`).raw(`studies/${study}/instances`);
  assert.equal(JSON.parse(found.text).length, 2);
  second.instances.push(image(3));
  const got = await body();
  assert.equal(got.error, undefined);
  assert.deepEqual(sops(got), [1, 2, 3].map((n) => `${study}.${n}.1`));
});
