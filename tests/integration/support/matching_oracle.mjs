// Attribute matching as PS3.4 §C.2.2.2 says it, and nothing else: slow and plain. Where the standard leaves it open, an entity may match.
//
// Judgements: 'yes', 'no', 'may'.

const best = (judgements) => ['yes', 'may'].find((j) => judgements.includes(j)) ?? 'no';
const worst = (judgements) => ['no', 'may'].find((j) => judgements.includes(j)) ?? 'yes';

const wildCards = ['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT'];

/// C.2.2.2.4: "*" is any sequence of characters, of length zero too, and "?" is any one character.
function isLike(text, pattern) {
  const [characters, signs] = [[...text], [...pattern]];
  const from = (t, p) => {
    if (p === signs.length) return t === characters.length;
    if (signs[p] === '*') return from(t, p + 1) || (t < characters.length && from(t + 1, p));
    return t < characters.length && (signs[p] === '?' || signs[p] === characters[t]) && from(t + 1, p + 1);
  };
  return from(0, 0);
}

// C.2.2.2.1: names may be compared without case and accents; PS3.5 §6.2.1.1: trailing delimiters say nothing, and there are three groups.
const folded = (name) => name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
const short = (name) => name.replace(/[\^= ]+$/, '');
function ofName(wanted, value) {
  if (isLike(value, wanted)) return 'yes';
  const forms = (name) => [name, ...name.split('=')].map((form) => short(folded(form)));
  return forms(value).some((form) => isLike(form, short(folded(wanted)))) ? 'may' : 'no';
}

/// The first and the last moment of what a date or a time says, as texts that sort.
function moments(vr, text) {
  if (vr === 'DA') return [text, text];
  if (vr === 'TM') {
    const [whole, fraction = ''] = text.split('.');
    return ['0', '9'].map((fill) => `${whole.padEnd(6, fill === '0' ? '0' : ({ 2: '5959', 4: '59' })[whole.length] ?? '')}.${fraction.padEnd(6, fill)}`);
  }
  const [whole, fraction = ''] = text.split('.');
  const last = { 4: '1231235959', 6: '31235959', 8: '235959', 10: '5959', 12: '59', 14: '' }[whole.length];
  const first = { 4: '0101000000', 6: '01000000', 8: '000000', 10: '0000', 12: '00', 14: '' }[whole.length];
  return [`${whole}${first}.${fraction.padEnd(6, '0')}`, `${whole}${last}.${fraction.padEnd(6, '9')}`];
}

/// C.2.2.2.5: "<a>-<b>" both of them included, "-<b>" all up to it, "<a>-" all from it on. How precise the two sides have to be is not said.
function ofTime(vr, wanted, value) {
  const [first, last] = moments(vr, value);
  const range = /^([^-]*)-([^-]*)$/.exec(wanted);
  const [from, to] = range ? [range[1], range[2]] : [wanted, wanted];
  const begin = from ? moments(vr, from)[0] : '';
  const [exactEnd, end] = to ? moments(vr, to) : ['~', '~'];
  if (last < begin || first > end) return 'no';
  if (!range) return first === begin && last === end ? 'yes' : 'may';
  return first >= begin && first <= exactEnd && last <= end ? 'yes' : 'may';
}

/// One value against one key that is not universal.
function ofValue(vr, wanted, value) {
  if (vr === 'UI') return wanted.split('\\').includes(value) ? 'yes' : 'no';  // C.2.2.2.2
  if (vr === 'PN') return ofName(wanted.trim(), value.trim());
  if (['DA', 'TM', 'DT'].includes(vr)) return ofTime(vr, wanted, value);
  if (['IS', 'DS'].includes(vr)) return wanted === value ? 'yes' : Number(wanted) === Number(value) ? 'may' : 'no';
  const text = wanted.trim();
  if (wildCards.includes(vr) && /[*?]/.test(text)) return isLike(value.trim(), text) ? 'yes' : 'no';
  return text === value.trim() ? 'yes' : 'no';
}

const isRange = (wanted) => typeof wanted === 'string' && /^[^-]*-[^-]*$/.test(wanted) && wanted !== '-';

/// C.2.2.2.5 and Table K.6-1: a date and its time, both of them ranges, are one range. Where it has no time it begins or ends with the day. What
/// a time without its day says is left open: it may be taken by itself.
function ofBoth(wantedDate, wantedTime, date, time) {
  if (!date) return 'no';
  const [[fromDay, toDay], [fromTime, toTime]] = [wantedDate.split('-'), wantedTime.split('-')];
  const asOne = ofTime('DT', `${fromDay && fromDay + fromTime}-${toDay && toDay + (toTime || '235959.999999')}`, `${date}${time ?? ''}`);
  if ((fromDay || !fromTime) && (toDay || !toTime)) return asOne;
  const apart = worst([ofTime('DA', wantedDate, date), time ? ofTime('TM', wantedTime, time) : 'no']);
  return apart === asOne ? asOne : 'may';
}

/// The keys of one data set together. `pairs`: [date, time] that are one range where both are ranges.
function ofSet(keys, attributes, vrOf, pairs) {
  const together = pairs.filter(([date, time]) => isRange(keys[date]) && isRange(keys[time]));
  const apart = Object.entries(keys).filter(([keyword]) => !together.flat().includes(keyword));
  return worst(['yes', ...together.map(([date, time]) => ofBoth(keys[date], keys[time], attributes[date], attributes[time])),
    ...apart.map(([keyword, wanted]) => judgeKey(keyword, wanted, attributes[keyword], vrOf, pairs))]);
}

/// An attribute's values, texts or items, against its key: a text, or an object of keys for a sequence. `vrOf(keyword)`.
export function judgeKey(keyword, wanted, values, vrOf, pairs = []) {
  const vr = vrOf(keyword);
  if (vr === 'SQ') {  // C.2.2.2.6: one item meets all keys
    const inner = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ''));
    if (Object.keys(inner).length === 0) return 'yes';
    return best((values ?? []).map((item) => ofSet(inner, item, vrOf, pairs)));
  }
  if (wanted === '' || (wanted === '*' && wildCards.includes(vr))) return 'yes';  // C.2.2.2.3
  return best([values ?? []].flat().filter((value) => value !== '').map((value) => ofValue(vr, wanted, value)));
}

/// All keys of a query together: {keyword: wanted}.
export const judge = (keys, attributes, vrOf, pairs = []) => ofSet(keys, attributes, vrOf, pairs);

/// What `found`, the names of entities, is wrong with, as a text; undefined: nothing. `entities`: attributes by name; `silent`: keywords
/// that the archive does not tell, so that nothing can be judged by them.
export function wrongWith(found, keys, entities, vrOf, { silent = [], pairs = [] } = {}) {
  const judged = withoutSilent(keys, silent);
  const by = (...judgements) => Object.keys(entities).filter((name) => judgements.includes(judge(judged, entities[name], vrOf, pairs)));
  const what = `${[...found].sort().join(' ')}, where ${by('yes').join(' ')} have to and ${by('may').join(' ')} may be`;
  if (new Set(found).size !== found.length) return `not each once: ${what}`;
  if (by('yes').some((name) => !found.includes(name))) return `missing: ${what}`;
  return found.some((name) => !by('yes', 'may').includes(name)) ? `too much: ${what}` : undefined;
}

const withoutSilent = (keys, silent) => Object.fromEntries(Object.entries(keys).filter(([keyword]) => !silent.includes(keyword))
  .map(([keyword, wanted]) => [keyword, typeof wanted === 'object' ? withoutSilent(wanted, silent) : wanted]));

/// Whether something is asked by a key that cannot be judged, so that answers are FF01.
export const isDoubtful = (keys, silent) => Object.entries(keys).some(([keyword, wanted]) =>
  (typeof wanted === 'object' ? (silent.includes(keyword) ? Object.values(wanted).some((value) => value !== '') : isDoubtful(wanted, silent)) : silent.includes(keyword) && wanted !== ''));
