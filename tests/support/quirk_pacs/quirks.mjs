// The table of quirks: all parts together.
import { associations } from './quirks/associations.mjs';
import { find } from './quirks/find.mjs';
import { retrieve } from './quirks/retrieve.mjs';
import { syntaxes } from './quirks/syntaxes.mjs';
import { values } from './quirks/values.mjs';
import { web } from './quirks/web.mjs';
import { presets } from './presets.mjs';
import { written } from './switches.mjs';

const parts = [['Searches: matching and limits', find], ['Values and character sets', values], ['Associations', associations], ['C-GET and C-MOVE', retrieve],
  ['Transfer syntaxes', syntaxes], ['DICOMweb', web]];

const byId = (a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1));
export const rows = parts.flatMap(([, part]) => part);

const faces = { both: 'both', dimse: 'DIMSE', http: 'web' };
const cell = (value) => value.replaceAll('|', '\\|').trim();

/// The table in Markdown, as the README has it.
export function quirkTable() {
  return [...parts.flatMap(([title, part]) => [`### ${title}`, '', '| id | switch | what it does | values | default | face | who shows it |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...[...part].sort(byId).map((row) => `| ${[row.id, `\`${row.name}\``, row.says, row.values.shown, written(row, row.off) === '' ? '' : `\`${written(row, row.off)}\``,
      faces[row.face ?? 'both'], row.seen].map(cell).join(' | ')} |`), '']),
  '### Presets', '', '| preset | what it is like | switches |', '| --- | --- | --- |',
  ...presets.map(({ name, says, quirks }) => `| \`${name}\` | ${cell(says)} | ${Object.entries(quirks).map(([n, v]) => `\`${n}=${v}\``).join(', ')} |`), ''].join('\n');
}
