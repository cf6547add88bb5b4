// docs/quirks.md: what Pons does about each quirk, printed from the tables; and what became of each search, as the run of the tests found it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rows } from '../../support/quirk_pacs/quirks.mjs';
import { answers } from './quirk_answers.mjs';
import { repository } from './archives.mjs';
import { binary } from './pons.mjs';

const page = join(repository, 'docs', 'quirks.md');
const cell = (text) => text.replaceAll('|', '\\|').trim();
const between = (name) => new RegExp(`(<!-- ${name}: begin -->\n)([^]*?)(<!-- ${name}: end -->)`);

/// {key below sources.<name>.: its default}, as `pons check --keys` prints them.
function defaults() {
  const printed = execFileSync(binary(), ['check', '--keys'], { encoding: 'utf8' });
  return Object.fromEntries([...printed.matchAll(/^\| `sources\.<name>\.([a-z_.]+?)(?:\.<name>)?` \| [^|]* \| ([^|]*) \|/gm)].map(([, key, value]) => [key, value.trim()]));
}

/// One row for each quirk of the archive: what archives do, the keys with their defaults, what Pons does.
export function quirkTable() {
  const known = defaults();
  const ids = [...new Set(rows.map(({ id }) => id))].sort((a, b) => 'FVNRTW'.indexOf(a[0]) - 'FVNRTW'.indexOf(b[0]) || Number(a.slice(1)) - Number(b.slice(1)));
  const lines = ids.map((id) => {
    const answer = answers[id];
    if (!answer) throw new Error(`${id}: what does Pons do?`);
    const keys = answer.keys.map((key) => {
      if (!(key in known)) throw new Error(`${id}: there is no key ${key}`);
      return `\`${key}\`${known[key] ? `: ${known[key]}` : ''}`;
    });
    const says = rows.filter((row) => row.id === id).map((row) => row.says);
    return `| ${[id, says.join(' '), keys.join('<br>'), answer.does].map(cell).join(' | ')} |`;
  });
  for (const id of Object.keys(answers)) if (!ids.includes(id)) throw new Error(`${id}: no such quirk`);
  return ['| id | what archives do | keys: defaults | what Pons does |', '| --- | --- | --- | --- |', ...lines, ''].join('\n');
}

const signs = { right: '=', incomplete: 'i', refused: 'r', varies: '~', needs: 'k', defect: '!' };

/// What became of one search; `varies`: of an archive that does not do the same each time.
export function signOf({ loud, missing = [], more = [] }, wrong, known, varies) {
  if (wrong) return known ? signs.needs : signs.defect;
  if (varies) return signs.varies;
  if (loud && /^\d+$/.test(loud)) return signs.refused;
  return loud || missing.length || more.length ? signs.incomplete : signs.right;
}

/// `results` of one kind of client: [{row, what, sign, key}], in order.
export function matrix(results) {
  const searches = [...new Set(results.map(({ what }) => what))];
  const names = [...new Set(results.map(({ row }) => row))];
  const legend = searches.map((what, n) => `${n + 1}: ${what}`).join(' · ');
  const lines = names.map((name) => {
    const its = results.filter(({ row }) => row === name);
    const key = its.find((one) => one.key)?.key;
    const cells = searches.map((what) => {
      const sign = its.find((one) => one.what === what)?.sign;
      if (!sign) throw new Error(`${name}: nothing is known of ${what}`);
      return sign;
    });
    return `| ${[cell(name), ...cells, key ? `\`${key}\`` : ''].join(' | ')} |`;
  });
  return [legend, '', `| the archive | ${searches.map((_, n) => n + 1).join(' | ')} | needs |`, `| --- |${searches.map(() => ' --- |').join('')} --- |`, ...lines, ''].join('\n');
}

/// The text between the marks of the page.
export const printed = (name) => between(name).exec(readFileSync(page, 'utf8'))?.[2];

/// Puts `text` there.
export function print(name, text) {
  writeFileSync(page, readFileSync(page, 'utf8').replace(between(name), (all, begin, old, end) => `${begin}${text}${end}`));
}
