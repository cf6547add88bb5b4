// Pons before the quirk archive with three quirks at a time, drawn at random from those of quirks.test.mjs: an answer is exactly the truth,
// or it says that it is not. PONS_SEED and PONS_ROUNDS draw others; a failure names the seed that draws it alone with PONS_ROUNDS=1.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { syntheticStudies } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { dice } from './support/dice.mjs';
import { factsOf } from './support/facts.mjs';
import { search } from './support/oracle.mjs';
import { sourceDefaults, sourceFor, startPons } from './support/pons.mjs';
import { cases } from './support/quirk_cases.mjs';
import { asked, truthOf } from './support/quirk_qido.mjs';
import { countsOf, known, searches, verdictOf, wrongWith } from './support/quirk_searches.mjs';

const seed = Number(process.env.PONS_SEED ?? 1);
const rounds = Number(process.env.PONS_ROUNDS ?? 40);

// With these nothing is ever answered, whatever else the archive does.
const shut = /^(f9\.roots=patient|f19\.max_keys|n2\.|n4\.rejects=|n8\.user=reader:secret$|n1\.associations=[12], and Pons is|w4\.max_limit=25, w4\.above=refused$|w11\.accept=xml_only|w14\.auth=bearer|w14\.auth=basic:reader:secret, and Pons does not|w16\.|w28\.broken|w29\.)/;
const one = ({ quirks, preset, needs, fhir, name }) => Object.keys(quirks).length > 0 && !preset && !needs && !fhir && !shut.test(name);

// Names of what a source is told, so that two quirks do not say different things of one key.
const keysOf = (settings, before = '') => Object.entries(settings ?? {}).flatMap(([key, value]) =>
  (value && typeof value === 'object' && !Array.isArray(value) ? keysOf(value, `${before}${key}.`) : [`${before}${key}`]));
const merged = (a, b) => Object.fromEntries([...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) =>
  [key, a[key] && b[key] && typeof a[key] === 'object' && !Array.isArray(a[key]) ? merged(a[key], b[key]) : b[key] ?? a[key]]));

function drawn(number) {
  const draw = dice(number);
  const face = ['dimse', 'dicomweb'][draw(2)];
  const from = cases.filter((c) => one(c) && c.faces.includes(face));
  const chosen = [];
  const taken = new Set();
  while (chosen.length < 3) {
    const next = from[draw(from.length)];
    const names = [...Object.keys(next.quirks), ...keysOf(next.source)];
    if (names.some((name) => taken.has(name))) continue;
    names.forEach((name) => taken.add(name));
    chosen.push(next);
  }
  return { number, face, name: chosen.map(({ name }) => name).join(' + '), quirks: Object.assign({}, ...chosen.map(({ quirks }) => quirks)),
    source: chosen.reduce((all, { source }) => merged(all, source ?? {}), {}),
    told: (truth, web = false) => chosen.reduce((all, { told = (t) => t, toldWeb = told }) => (web ? toldWeb : told)(all), structuredClone(truth)),
    untold: (truth) => chosen.reduce((all, { untold = (t) => t }) => untold(all), truth) };
}

describe('Pons before an archive with three quirks', { timeout: 1500000, concurrency: 2 }, () => {
  let data;
  const verdicts = { right: 0, loud: 0 };
  before(async () => { data = await syntheticStudies({ studies: 80, seed: 7 }); });

  for (let round = 0; round < rounds; ++round) {
    const { number, face, name, quirks, source, told, untold } = drawn(seed + round);
    test(`seed ${number}: ${name}, ${face}`, async (t) => {
      const pacs = await startQuirkPacs({ truth: data.truth, files: data.root, quirks, ...(face === 'dimse' ? { http: false } : { dimse: false }) });
      t.after(() => pacs.close());
      const more = merged(face === 'dicomweb' ? { quirks: { query_encoding: 'strict' } } : {}, source);
      const archive = { kind: face, port: pacs.dimsePort, aet: pacs.aet, url: `${pacs.url}${pacs.switches.get('w13.qido')}` };
      const pons = await startPons({ log: { level: 'error' }, fhir: { allow_unbounded: true, search_depth: 'study' }, sources: { main: sourceFor(archive, face, more) } });
      t.after(() => pons.stop());
      const client = new Client(pons.base);
      const config = { base: pons.base, now: Date.now(), endpoints: ['main-wado-rs', 'main-qido-rs'], system: sourceDefaults.system };
      const records = told(data.truth).studies.map((study) => factsOf(study, known, sourceDefaults));
      const shown = untold(told(data.truth)).studies.map((study) => factsOf(study, known, sourceDefaults));
      const studies = told(data.truth, true).studies;
      const wrong = [];
      const weigh = (what, verdict) => {
        const why = wrongWith(verdict);
        if (why) wrong.push(`${what}: ${why}`);
        ++verdicts[verdict.loud ? 'loud' : 'right'];
        if (process.env.QUIRK_VERDICTS) console.log(JSON.stringify({ seed: number, name, face, what, ...verdict, wrong: why }));
      };
      for (const [what, query] of Object.entries(searches))
        weigh(`FHIR: ${what}`, await verdictOf(client, query, search(records, query, config), what === 'everything, page by page' ? 15 : 1000, search(shown, query, config), countsOf(data.truth)));
      for (const [what, query] of Object.entries(asked)) weigh(`QIDO-RS: ${what}`, await query.verdict(client, pons.url, truthOf(studies, query)));
      assert.deepEqual(wrong, []);
    });
  }

  // It cannot be kept by refusing.
  after(() => { if (rounds >= 40) assert.ok(verdicts.right > verdicts.loud, JSON.stringify(verdicts)); });
});
