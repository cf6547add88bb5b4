// Pons before the quirk archive, one quirk at a time: an answer is exactly the truth, or it says that it is not. Never silently less.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { rows } from '../support/quirk_pacs/quirks.mjs';
import { syntheticStudies } from './support/archives.mjs';
import { Client } from './support/client.mjs';
import { factsOf } from './support/facts.mjs';
import { search } from './support/oracle.mjs';
import { sourceDefaults, sourceFor, startPons } from './support/pons.mjs';
import { cases, elsewhere } from './support/quirk_cases.mjs';
import { matrix, print, printed, quirkTable, signOf } from './support/quirk_page.mjs';
import { asked, truthOf } from './support/quirk_qido.mjs';
import { countsOf, known, searches, verdictOf, wrongWith } from './support/quirk_searches.mjs';

const asItIs = (truth) => truth;

// QUIRKS: a pattern that chooses cases by name. QUIRK_VERDICTS: prints a line for each search. QUIRK_PAGE=write: prints docs/quirks.md.
const chosen = new RegExp(process.env.QUIRKS ?? '');
const writes = process.env.QUIRK_PAGE === 'write';
const results = [];

describe('Pons before an archive with a quirk', { timeout: 1500000, concurrency: 2 }, () => {
  let data;
  const facts = new Map();
  const studiesOf = new Map();
  const recordsOf = (told) => {
    if (!facts.has(told)) {
      studiesOf.set(told, told(structuredClone(data.truth)).studies);
      facts.set(told, studiesOf.get(told).map((study) => factsOf(study, known, sourceDefaults)));
    }
    return facts.get(told);
  };
  before(async () => {
    data = await syntheticStudies({ studies: 80, seed: 7 });
    // Identifiers that are not ASCII, where the names are not either.
    const [one, other] = data.truth.studies.filter(({ attributes: a }) => /[À-ÿ]/.test(a.PatientName) && a.AccessionNumber?.startsWith('ACC'));
    one.attributes.PatientID = 'Ä17';
    other.attributes.AccessionNumber = 'Ö5';
    data.truth.studies.find(({ attributes: a }) => a.PatientName?.startsWith('Журавлёв')).attributes.PatientID = 'Ж21';
  });

  for (const { name, preset, quirks, faces, source = {}, told = asItIs, toldWeb = told, untold = asItIs, todo = {}, needs, varies, fhir = {} } of cases.filter((one) => chosen.test(one.name))) {
    for (const face of faces) {
      test(`${name}, ${face}`, async (t) => {
        const pacs = await startQuirkPacs({ truth: data.truth, files: data.root, preset, quirks, ...(face === 'dimse' ? { http: false } : { dimse: false }) });
        t.after(() => pacs.close());
        const more = { ...source, quirks: { ...(face === 'dicomweb' ? { query_encoding: source.quirks?.preset ? undefined : 'strict' } : {}), ...source.quirks } };
        if (face === 'dimse' && Object.keys(more.quirks).length === 0) delete more.quirks;
        const archive = { kind: face, port: pacs.dimsePort, aet: pacs.aet, url: `${pacs.url}${pacs.switches.get('w13.qido')}` };
        const pons = await startPons({ log: { level: 'error' }, fhir: { allow_unbounded: true, search_depth: 'study', ...fhir }, sources: { main: sourceFor(archive, face, more) } });
        t.after(() => pons.stop());
        const client = new Client(pons.base);
        const config = { base: pons.base, now: Date.now(), endpoints: ['main-wado-rs', 'main-qido-rs'], system: sourceDefaults.system };
        const records = recordsOf(told);
        const shown = untold === asItIs ? records : untold(told(structuredClone(data.truth))).studies.map((study) => factsOf(study, known, sourceDefaults));
        recordsOf(toldWeb);
        const counts = countsOf(data.truth);
        const silent = [];
        const judge = async (client, what, ask, defect) => {
          const at = results.push({ row: `${name}, ${face}`, client, what, sign: '' }) - 1;
          await t.test(`${client}: ${what}`, defect ? { todo: defect } : {}, async () => {
            const verdict = await ask();
            const wrong = wrongWith(verdict);
            const expected = Boolean(needs) && (needs.searches.length === 0 || needs.searches.includes(what)) && !verdict.more?.length;
            if (process.env.QUIRK_VERDICTS) console.log(JSON.stringify({ name, face, client, what, ...verdict, wrong }));
            Object.assign(results[at], { sign: signOf(verdict, wrong, expected, varies), key: wrong && expected ? needs.key : undefined });
            if (wrong && expected) silent.push(what);
            else assert.equal(wrong, undefined);
          });
        };
        for (const [what, query] of Object.entries(searches)) {
          await judge('FHIR', what, () => verdictOf(client, query, search(records, query, config), what === 'everything, page by page' ? 15 : 1000, search(shown, query, config), counts), todo[what] ?? todo['*']);
        }
        for (const [what, query] of Object.entries(asked)) {
          await judge('QIDO-RS', what, () => query.verdict(client, pons.url, truthOf(studiesOf.get(toldWeb), query)), todo[what] ?? todo['*']);
        }
        if (needs) assert.ok(silent.length > 0 && needs.searches.every((what) => silent.includes(what)), `without ${needs.key} only this goes wrong: ${silent}`);
      });
    }
  }
});

test('every switch that touches searching is in the matrix, with every value, or it is said where else', () => {
  // With a key that says what the archive does, a value is not tried: what then is silent without it, nobody sees.
  const isTold = ({ name }) => / and Pons (knows|sends)/.test(name);
  const tried = new Set(cases.filter((one) => !isTold(one)).flatMap(({ quirks }) => Object.entries(quirks).flatMap(([name, value]) => [name, `${name}=${value}`])));
  const untried = rows.filter(({ id }) => 'FVNW'.includes(id[0])).flatMap(({ name, values, off }) => {
    if (elsewhere[name]) return [];
    const all = / \| /.test(values.shown) ? values.shown.split(' | ').filter((value) => value !== off && !(value === 'off' && off === false)).map((value) => `${name}=${value}`) : [name];
    return all.filter((one) => !tried.has(one) && !elsewhere[one]);
  });
  assert.deepEqual(untried, []);
  // Of texts, whose values are any, those that are tried with a key.
  const told = cases.filter(isTold).flatMap(({ quirks }) => Object.entries(quirks).map(([name, value]) => `${name}=${value}`));
  assert.deepEqual([...new Set(told)].filter((one) => !tried.has(one)), []);
  for (const one of Object.keys(elsewhere)) assert.ok(!tried.has(one) && rows.some(({ name }) => one.split('=')[0] === name), `${one} is in a case, or is none`);
});

// After all searches, in the order of the cases.
after(() => {
  const order = (row) => cases.findIndex(({ name }) => row.startsWith(`${name}, d`));
  results.sort((a, b) => order(a.row) - order(b.row) || (a.row < b.row ? -1 : a.row > b.row ? 1 : 0));
  const pages = { table: quirkTable() };
  for (const client of ['FHIR', 'QIDO-RS']) pages[`matrix-${client}`] = matrix(results.filter((one) => one.client === client));
  if (writes && !process.env.QUIRKS) Object.entries(pages).forEach(([name, text]) => print(name, text));
  for (const [name, text] of Object.entries(pages)) {
    const told = new Set(printed(name).split('\n'));
    const lines = text.split('\n').filter((line) => line.startsWith('| '));
    for (const line of lines) assert.ok(told.has(line), `docs/quirks.md has it otherwise: ${line}; QUIRK_PAGE=write node --test tests/integration/quirks.test.mjs prints it`);
    if (!process.env.QUIRKS) assert.equal([...told].filter((line) => line.startsWith('| ')).length, lines.length, `docs/quirks.md has lines that no search stands behind: ${name}`);
  }
});
