// Retrieves by Pons from the quirk archive, one quirk at a time: whole, or visibly broken. hostile.test.mjs has more of what can go wrong.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { retrieve } from '../support/hostile/retrieving.mjs';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { rows } from '../support/quirk_pacs/quirks.mjs';
import { syntheticStudies } from './support/archives.mjs';
import { uidsOf } from './support/files.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';
import { elsewhere as ofSearches } from './support/quirk_cases.mjs';
import { cases, elsewhere } from './support/quirk_retrieve_cases.mjs';

// QUIRKS: a pattern that chooses cases by name. QUIRK_VERDICTS: prints a line for each retrieve.
const chosen = new RegExp(process.env.QUIRKS ?? '');

const asStored = { study: {}, instance: { Accept: 'application/dicom; transfer-syntax=*' } };

async function asked(url, what) {
  const got = await retrieve(url, { headers: asStored[what] });
  if (what === 'study' || got.status !== 200) return { ...got, sops: got.parts.map(({ sop }) => sop).sort() };
  const answer = await fetch(url, { headers: asStored[what] });
  return { ...got, sops: [uidsOf(Buffer.from(await answer.arrayBuffer())).sop] };
}

function judged(got, wanted, ends) {
  for (const sop of got.sops) assert.ok(wanted.includes(sop), 'an instance of another study');
  const whole = got.status === 200 && got.whole;
  if (whole) assert.deepEqual(got.sops, wanted, 'ended well, and is not all');
  else assert.ok(got.error || got.status >= 400, `${got.status} and no error`);
  const told = `${got.status}: ${got.text?.slice(0, 200) ?? got.error}`;
  if (ends === 'whole') assert.ok(whole, told);
  if (ends === 'refused') assert.ok(got.status >= 400, told);
  if (ends === 'broken') assert.ok(!whole && (got.status === 200 || got.status === 502), told);
  if (ends !== 'later') return;
  assert.equal(got.status, 503, told);
  assert.ok(Number(got.headers['retry-after']) > 0, `Retry-After: ${got.headers['retry-after']}`);
}

describe('a retrieve from an archive with a quirk is whole, or visibly broken', { timeout: 900000, concurrency: 2 }, () => {
  let data;
  let study;
  before(async () => {
    data = await syntheticStudies({ studies: 20, seed: 7 });
    const size = (one) => one.series.reduce((sum, { instances }) => sum + instances.length, 0);
    study = data.truth.studies.reduce((most, one) => (size(one) > size(most) ? one : most));
  });

  for (const { name, quirks, on, source = {}, what = 'study', ends } of cases.filter((one) => chosen.test(one.name))) {
    for (const way of on) {
      test(`${name}, ${what}, ${way}`, async (t) => {
        const port = await freePort();
        const set = Object.fromEntries(Object.entries(quirks).map(([quirk, value]) => [quirk, typeof value === 'function' ? value(study) : value]));
        const pacs = await startQuirkPacs({ truth: data.truth, files: data.root, destinations: { '*': { host: '127.0.0.1', port } },
          quirks: set, ...(way === 'wado' ? { dimse: false } : { http: false }) });
        t.after(() => pacs.close());
        const face = way === 'wado' ? 'dicomweb' : 'dimse';
        const more = way === 'wado' ? source : { retrieve: way.split(', '), timeouts: { transfer: '30s' }, ...source };
        const pons = await startPons({ log: { level: 'error' }, dicom: { listen: `127.0.0.1:${port}` },
          sources: { main: sourceFor({ kind: face, port: pacs.dimsePort, aet: pacs.aet, url: pacs.url }, face, more) } });
        t.after(() => pons.stop());
        const at = `${pons.url}/dicomweb/studies/${study.attributes.StudyInstanceUID}`;
        const [{ attributes: { SeriesInstanceUID }, instances: [{ attributes: { SOPInstanceUID } }] }] = study.series;
        const url = what === 'study' ? at : `${at}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}`;
        const wanted = what === 'study' ? study.series.flatMap(({ instances }) => instances.map(({ attributes }) => attributes.SOPInstanceUID)).sort() : [SOPInstanceUID];
        const got = await asked(url, what);
        if (process.env.QUIRK_VERDICTS) console.log(JSON.stringify({ name, what, way, ends, status: got.status, parts: got.sops.length, of: wanted.length, whole: got.whole, text: got.text?.slice(0, 120), retry: got.headers?.['retry-after'] }));
        judged(got, wanted, ends);
        if (ends === 'later') judged(await asked(url, what), wanted, 'whole');
      });
    }
  }
});

test('every switch that touches retrieving is in a case, with every value, or it is said where else', () => {
  const tried = new Set(cases.flatMap(({ quirks }) => Object.entries(quirks).flatMap(([name, value]) => [name, `${name}=${value}`])));
  const touches = ({ id, name }) => 'RT'.includes(id[0]) || /^of retrieves/.test(ofSearches[name] ?? '');
  const untried = rows.filter(touches).filter(({ name }) => !elsewhere[name]).flatMap(({ name, values, off }) => {
    const all = / \| /.test(values.shown) ? values.shown.split(' | ').filter((value) => value !== off && !(value === 'off' && off === false)).map((value) => `${name}=${value}`) : [name];
    return all.filter((one) => !tried.has(one) && !elsewhere[one]);
  });
  assert.deepEqual(untried, []);
  for (const one of Object.keys(elsewhere)) assert.ok(!tried.has(one) && rows.some(({ name }) => one.split('=')[0] === name), `${one} is in a case, or is none`);
});
