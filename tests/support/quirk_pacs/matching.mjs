// Attribute matching (PS3.4 §C.2.2.2) on texts: single value, list of UID, universal, wildcard and range.
import { byKeyword, withWildcards } from './dictionary.mjs';

const escaped = (text) => text.replace(/[.+^${}()|[\]\\]/g, '\\$&');
const pattern = (wanted) => new RegExp(`^${escaped(wanted).replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'su');
const hasWildcards = (text) => /[*?]/.test(text);

/// How a model archive compares; quirks change it.
export const honestly = {
  nameCase: 'insensitive',    // of PN (PS3.4 §C.2.2.2.1 leaves it open)
  textCase: 'sensitive',      // of everything else
  names: 'exact',             // 'prefix': every name key begins something; 'words': words begin components, in any order
  wildcards: true,
  groups: 'all',              // the component groups of PN that are compared; 'first'
  integers: 'number',         // 'text'
  trim: true,                 // leading and trailing spaces do not count
};

function textMatches(wanted, value, { wildcards, ignoreCase, trim }) {
  const [a, b] = [wanted, value].map((t) => (trim ? t.trim() : t.trimEnd())).map((t) => (ignoreCase ? t.toLowerCase() : t));
  return wildcards && hasWildcards(a) ? pattern(a).test(b) : a === b;
}

const bare = (group) => group.split('^').map((c) => c.trim()).join('^').replace(/\^+$/, '');
const folded = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

function nameMatches(wanted, value, how) {
  let groups = value.replace(/\0+$/, '').split('=').map(bare);
  if (how.groups === 'first') groups = groups.slice(0, 1);
  const options = { wildcards: how.wildcards, ignoreCase: how.nameCase === 'insensitive', trim: true };
  if (how.names === 'words') {
    const parts = groups.flatMap((g) => g.split(/[\^ ]+/)).map(folded);
    return wanted.split(/[\^= ]+/).filter(Boolean).every((word) => parts.some((part) => part.startsWith(folded(word))));
  }
  const by = (key, group) => textMatches(how.names === 'prefix' ? `${bare(key)}*` : bare(key), group, options);
  if (!wanted.includes('=')) return groups.some((group) => group !== '' && by(wanted, group)) || (groups.join('') === '' && by(wanted, ''));
  return wanted.split('=').every((key, n) => key === '' || by(key, groups[n] ?? ''));
}

// Dates and times as text that sorts; the end of a range is filled to its last moment.
const digits = { DA: (t) => t.replace(/[.]/g, ''), TM: (t) => t.replace(/:/g, ''), DT: (t) => t };
export function filled(vr, text, end) {
  const plain = digits[vr](text.trim());
  if (vr !== 'TM') return plain.padEnd(26, end ? '9' : '0');
  const [whole, fraction = ''] = plain.split('.');
  return `${whole.padEnd(6, end ? '9' : '0')}.${fraction.padEnd(6, end ? '9' : '0')}`;
}
function timeMatches(vr, wanted, value) {
  const range = /^([^-]*)-([^-]*)$/.exec(wanted.trim());
  if (!range) return filled(vr, wanted, false) === filled(vr, value, false);
  const [, from, to] = range;
  const is = filled(vr, value, false);
  return (from === '' || is >= filled(vr, from, false)) && (to === '' || is <= filled(vr, to, true));
}

/// Whether one key holds for the values of one attribute. An empty key, and `*` alone, hold for everything.
export function keyMatches(keyword, wanted, values = [], how = honestly) {
  const { vr } = byKeyword.get(keyword);
  if (vr === 'SQ') return sequenceMatches(wanted, values, how);
  if (wanted === '' || wanted === '*') return true;
  if (vr === 'UI') return wanted.split('\\').some((uid) => values.some((value) => value === uid.trim()));
  // An attribute without a value is met by universal matching only.
  const present = values.filter((value) => value.trim() !== '');
  return present.some((value) => {
    if (vr === 'PN') return nameMatches(wanted, value, how);
    if (vr === 'DA' || vr === 'TM' || vr === 'DT') return timeMatches(vr, wanted, value);
    if ((vr === 'IS' || vr === 'US' || vr === 'DS') && how.integers === 'number') return Number(wanted) === Number(value);
    return textMatches(wanted, value, { wildcards: how.wildcards && withWildcards.has(vr), ignoreCase: how.textCase === 'insensitive', trim: how.trim });
  });
}

function sequenceMatches(wanted, items, how) {
  const keys = Object.entries(wanted[0] ?? {}).filter(([, value]) => typeof value !== 'string' || (value !== '' && value !== '*'));
  if (keys.length === 0) return true;
  return items.some((item) => keys.every(([keyword, value]) => keyMatches(keyword, value, item[keyword], how)));
}

/// Date and time as one (PS3.4 §C.2.2.2.5, Combined Datetime Matching).
export function combinedMatches(date, time, [da = ''] = [], [tm = ''] = []) {
  if (da.trim() === '') return false;
  const ends = (text) => (text.includes('-') ? text.split('-') : [text, text]);
  const [[fromDay, toDay], [fromTime, toTime]] = [ends(date), ends(time)];
  const is = `${filled('DA', da, false).slice(0, 8)}${filled('TM', tm, false)}`;
  return (fromDay === '' || is >= `${fromDay}${filled('TM', fromTime, false)}`) && (toDay === '' || is <= `${toDay}${filled('TM', toTime, true)}`);
}
