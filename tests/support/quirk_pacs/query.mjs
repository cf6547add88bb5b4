// One search, whichever face it came by: checked, matched (PS3.4 §C.4.1, PS3.18 §10.6), and told as rows.
import { byKeyword, levels, uniqueKeys } from './dictionary.mjs';
import { combinedMatches, honestly, keyMatches } from './matching.mjs';
import { above } from './model.mjs';

export const outOfResources = (comment = 'too many matches') => ({ status: 0xa700, http: 413, comment });
export const notThisClass = (comment) => ({ status: 0xa900, http: 400, comment });
export const cannot = (comment) => ({ status: 0xc000, http: 500, comment });

/// What was asked: `keys` by keyword (texts; a list of one object for sequences), all of them in `asked`; `face`: 'dimse' or 'http';
/// `root`: 'patient' or 'study'; `negotiated`: {relational, combined, fuzzy}. `how` and `also` are for quirks to change.
export class Query {
  how = { ...honestly };
  several = 'refused';        // values in a key that may have one: 'refused', 'or'
  relational = 'negotiated';  // 'negotiated', 'always', 'never', 'nothing'
  also = [];                  // further conditions: (entity) => boolean
  untold = new Set();         // what is asked for and not known
  nothing = false;

  constructor(given) {
    this.how.emptyValues = given.face === 'http' || Boolean(given.negotiated?.empty);
    Object.assign(this, { face: 'dimse', root: 'study', negotiated: {}, asked: new Set(), unknown: [], ...given });
  }
  /// A key with something in it.
  wanted(keyword) {
    const value = this.keys.get(keyword);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }
  get narrowing() { return [...this.keys].filter(([, value]) => typeof value !== 'string' || value !== '').map(([keyword]) => keyword); }
  drop(keyword) { this.keys.delete(keyword); }
}

/// {rows, status} or a refusal {status, http, comment}. A row: {entity, values: by keyword, extras: [{tag, vr, value}]}.
export function search(model, query, switches) {
  const refusal = switches.first('refuses', query);
  if (refusal) return refusal;
  switches.each('reads', query);
  const wrong = query.nothing ? undefined : faultOf(query);
  if (wrong) return wrong;
  let rows = query.nothing ? [] : matching(model, query).map((entity) => rowOf(entity, query));
  for (const list of switches.having('lists')) {
    rows = list(rows, query);
    if (!Array.isArray(rows)) return rows;
  }
  for (const row of rows) {
    // Which keys are not known to any level is seen here.
    void row.values;
    switches.each('tells', row, query);
  }
  return { rows, status: 0 };
}

// Its values are told when they are first looked at: an archive that stops after some rows does not look at the others.
function rowOf(entity, query) {
  let values;
  return { entity, extras: [], get values() { return values ??= told(entity, query); } };
}

// What makes an identifier one that does not fit the SOP class (PS3.4 §C.4.1.3.1).
function faultOf(query) {
  const { level, keys } = query;
  if (!levels.includes(level)) return notThisClass('no such level');
  if (query.several === 'refused') {
    for (const [keyword, value] of keys)
      if (typeof value === 'string' && value.includes('\\') && byKeyword.get(keyword).vr !== 'UI') return notThisClass('several values in one key');
  }
  const free = query.face === 'http' || query.relational === 'always' || (query.relational === 'negotiated' && query.negotiated.relational);
  if (free && query.relational !== 'never') return undefined;
  const needed = levels.slice(query.root === 'patient' ? 0 : 1, levels.indexOf(level)).map((l) => uniqueKeys[l]);
  const lacking = needed.filter((keyword) => !query.wanted(keyword) || /[*?\\]/.test(query.wanted(keyword)));
  if (lacking.length === 0) return undefined;
  if (query.relational === 'nothing') query.nothing = true;
  return query.nothing ? undefined : notThisClass(`${lacking.join(', ')} wanted`);
}

/// The entities of the query's level for which all keys hold.
export function matching(model, query) {
  const keys = [...query.keys].filter(([keyword, value]) => byKeyword.has(keyword) && (value !== '' || query.how.emptyIsEmpty));
  // A key of a level below is for the rows that it would be told in; at this level it does not narrow.
  const counting = keys.filter(([keyword]) => ['ANY', ...levels.slice(0, levels.indexOf(query.level) + 1)].includes(byKeyword.get(keyword).level));
  const of = (keyword) => keys.find(([name, value]) => name === keyword && typeof value === 'string')?.[1];
  const dates = query.how.combined === 'combined' ? undefined : of('StudyDate');
  return model.among(query.level, { uids: of('StudyInstanceUID'), dates }).filter((entity) => counting.every(([keyword, wanted]) => holds(entity, keyword, wanted, query))
    && query.also.every((condition) => condition(entity)) && (query.how.combined === 'combined' ? combined(entity, query) : true));
}

function holds(entity, keyword, wanted, query) {
  if (['SpecificCharacterSet', 'QueryRetrieveLevel', 'RetrieveAETitle', 'InstanceAvailability', 'RetrieveURL'].includes(keyword)) return true;
  if (query.how.combined === 'combined' && (keyword === 'StudyDate' || keyword === 'StudyTime') && query.wanted('StudyDate') && query.wanted('StudyTime')) return true;
  const values = entity.attributes[keyword];
  // Empty Value Matching (PS3.4 §C.2.2.2.7): always understood by QIDO-RS here, by DIMSE when negotiated.
  if (wanted === '""' && query.how.emptyValues) return !values?.some((v) => v.trim() !== '');
  if (query.how.emptyIsEmpty && wanted === '') return !values?.some((v) => v !== '');
  if (query.several === 'or' && typeof wanted === 'string' && wanted.includes('\\'))
    return wanted.split('\\').some((one) => keyMatches(keyword, one, values, query.how));
  return keyMatches(keyword, wanted, values, query.how);
}

function combined(entity, query) {
  const [date, time] = [query.wanted('StudyDate'), query.wanted('StudyTime')];
  return !date || !time || combinedMatches(date, time, entity.attributes.StudyDate, entity.attributes.StudyTime);
}

function told(entity, query) {
  const values = {};
  const shown = ['ANY', ...levels.slice(0, levels.indexOf(entity.level) + 1)];
  for (const keyword of query.asked) {
    const attribute = byKeyword.get(keyword);
    if (!attribute || keyword === 'SpecificCharacterSet' || keyword === 'RetrieveURL') continue;
    if (keyword === 'QueryRetrieveLevel') values[keyword] = [entity.level];
    else if (keyword === 'RetrieveAETitle') values[keyword] = [query.aet];
    else if (keyword === 'InstanceAvailability') values[keyword] = ['ONLINE'];
    else if (shown.includes(attribute.level)) values[keyword] = picked(entity.attributes[keyword], query.keys.get(keyword)) ?? (query.face === 'dimse' ? [] : undefined);
    else query.untold.add(keyword);
    if (values[keyword] === undefined) delete values[keyword];
  }
  return values;
}

// Of a sequence, what was asked for in it; all where nothing was named.
function picked(values, asked) {
  const names = Array.isArray(asked) ? Object.keys(asked[0] ?? {}) : [];
  if (names.length === 0 || !values) return values;
  return values.map((item) => Object.fromEntries(Object.entries(item).filter(([keyword]) => names.includes(keyword))
    .map(([keyword, inner]) => [keyword, picked(inner, asked[0][keyword])])));
}

export const studyOf = (entity) => above(entity, 'STUDY');
