// The search oracle: filters all studies of the truth by a query, written from FHIR R4 search.html alone. Slow and plain.
import { nameOf } from './facts.mjs';
import { dateMatches } from './times.mjs';

const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const ACSN = { system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'ACSN' };

/// Splits at unescaped commas; the escapes are undone later, by part.
function split(value, separator) {
  const parts = [''];
  for (let n = 0; n < value.length; ++n) {
    if (value[n] === '\\') parts[parts.length - 1] += value[n] + (value[++n] ?? '');
    else if (value[n] === separator) parts.push('');
    else parts[parts.length - 1] += value[n];
  }
  return parts;
}
const unescape = (value) => value.replace(/\\(.)/gs, '$1');

/// "code", "system|code", "|code", "system|" against [{system, value}].
function tokenMatches(value, candidates) {
  const parts = split(value, '|').map(unescape);
  if (parts.length === 1) return candidates.some((c) => c.value === parts[0]);
  const [system, code] = parts;
  return candidates.some((c) => (system === '' ? !c.system : c.system === system) && (code === '' || c.value === code));
}

const folded = (s) => s.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/ß/g, 'ss').replace(/ø/g, 'o').replace(/ł/g, 'l')
  .replace(/đ/g, 'd').replace(/æ/g, 'ae').replace(/œ/g, 'oe').replace(/þ/g, 'th').replace(/ı/g, 'i').replace(/[’‘]/g, "'").replace(/\s+/g, ' ').trim();

function nameMatches(pn, part, how, value) {
  const pieces = nameOf(pn).flatMap((g) => {
    const givens = [g.given, g.middle].flatMap((x) => [x, ...x.split(' ')]);
    if (part === 'family') return [g.family];
    if (part === 'given') return givens;
    return [g.family, ...givens, g.prefix, g.suffix, g.display];
  }).filter(Boolean);
  const text = unescape(value);
  if (how === 'exact') return pieces.some((p) => p.normalize('NFC') === text.normalize('NFC'));
  const needle = folded(text);
  return pieces.map(folded).some((p) => (how === 'contains' ? p.includes(needle) : p.startsWith(needle)));
}

/// What each token parameter looks at.
const tokens = {
  _id: (f) => [{ value: f.id }],
  identifier: (f) => f.identifiers,
  status: (f) => [{ system: 'http://hl7.org/fhir/imagingstudy-status', value: f.status }],
  modality: (f) => f.series.filter((s) => s.modality).map((s) => ({ system: DCM, value: s.modality })),
  bodysite: (f) => f.series.map((s) => s.bodySite).filter(Boolean).map((b) => ({ system: b.system, value: b.code })),
  series: (f) => f.series.map((s) => ({ value: s.uid })),
  instance: (f) => f.series.flatMap((s) => s.instances).map((i) => ({ value: i.uid })),
  'dicom-class': (f) => f.series.flatMap((s) => s.instances).filter((i) => i.sopClass)
    .map((i) => ({ system: 'urn:ietf:rfc:3986', value: `urn:oid:${i.sopClass}` })),
  reason: (f) => f.reasons.map((r) => ({ system: r.system, value: r.code })),
};

const practitioners = {
  referrer: (f) => (f.referrer ? [f.referrer] : []),
  interpreter: (f) => f.interpreters,
  performer: (f) => f.series.flatMap((s) => s.performers),
};

function tokenJudge(name, modifier, facts, value, config) {
  if (modifier === 'of-type') {
    const [system, code, ...rest] = split(value, '|').map(unescape);
    return system === ACSN.system && code === ACSN.code
      && facts.identifiers.some((i) => i.kind === 'ACSN' && i.value === rest.join('|'));
  }
  let candidates = tokens[name](facts);
  if (name === 'identifier' && /^[0-9.]+$/.test(value)) {
    // a bare UID is taken for one with its prefix
    candidates = [...candidates, { system: 'urn:dicom:uid', value: facts.uid }];
  }
  return tokenMatches(value, candidates);
}

function patientJudge(chain, modifier, facts, value, config) {
  const { patient } = facts;
  if (chain === 'identifier' || modifier === 'identifier') {
    return Boolean(patient.id) && tokenMatches(value, [{ system: patient.system, value: patient.id }]);
  }
  if (chain === 'birthdate') return dateMatches(value, patient.birthDate);
  if (chain === 'gender') {
    return Boolean(patient.gender) && tokenMatches(value, [{ system: 'http://hl7.org/fhir/administrative-gender', value: patient.gender }]);
  }
  if (chain) return nameMatches(patient.pn, chain === 'name' ? 'any' : chain, modifier, value);
  const own = `${config.base}/`;
  const text = unescape(value).startsWith(own) ? unescape(value).slice(own.length) : unescape(value);
  if (/^https?:/.test(text)) return false;
  const id = text.startsWith('Patient/') ? text.slice(8) : text;
  // A bare id is the one that the source's own issuer gave.
  return patient.ours && patient.id !== '' && patient.id === id;
}

function judge(facts, name, modifier, chain, value, config) {
  if (name === 'started') return dateMatches(value, facts.started, config.now);
  if (name === 'patient' || name === 'subject') return patientJudge(chain, modifier, facts, value, config);
  if (name === 'basedon') {
    return modifier === 'identifier' && tokenMatches(value, facts.identifiers.filter((i) => i.kind === 'ACSN'));
  }
  if (name === 'endpoint') return config.endpoints.includes(value.replace(/^Endpoint\//, ''));
  if (practitioners[name]) {
    const all = practitioners[name](facts);
    if (modifier === 'identifier') return tokenMatches(value, all.flatMap((p) => p.identifiers));
    return Boolean(chain) && all.some((p) => nameMatches(p.pn, chain === 'name' ? 'any' : chain, modifier, value));
  }
  return tokenJudge(name, modifier, facts, value, config);
}

/// Whether the element behind a parameter is there at all.
function present(facts, name) {
  if (name === 'started') return Boolean(facts.started);
  if (name === 'basedon') return facts.identifiers.some((i) => i.kind === 'ACSN');
  if (practitioners[name]) return practitioners[name](facts).length > 0;
  if (name === 'patient' || name === 'subject' || name === 'endpoint') return true;
  return tokens[name](facts).length > 0;
}

/// Does `facts` meet one parameter of the query?
export function meets(facts, [parameter, value], config) {
  const match = /^([a-z_-]+)(?::([a-z-]+|Patient))?(?:\.([a-z]+))?(?::([a-z-]+))?$/.exec(parameter);
  if (!match) throw new Error(`the oracle cannot read ${parameter}`);
  const [, name, first, chain, last] = match;
  const modifier = last ?? (first === 'Patient' ? undefined : first);
  if (modifier === 'missing') return present(facts, name) === (value === 'false');
  const any = split(value, ',').some((part) => judge(facts, name, modifier === 'not' ? undefined : modifier, chain, part, config));
  return modifier === 'not' ? !any : any;
}

/// Ids of all studies that meet every parameter, in the default order: newest first, undated last, then by UID.
export function search(records, query, config) {
  return records.filter((facts) => query.every((parameter) => meets(facts, parameter, config))).sort(newestFirst).map((f) => f.id);
}

export function newestFirst(a, b) {
  if (Boolean(a.started) !== Boolean(b.started)) return a.started ? -1 : 1;
  if (a.started && a.started.utc[0] !== b.started.utc[0]) return b.started.utc[0] - a.started.utc[0];
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
