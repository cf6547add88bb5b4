// QIDO-RS (PS3.18 §10.6): the six resources.
import { byKeyword, levels, uniqueKeys } from './dictionary.mjs';
import { asJson, asXml, tagOf } from './json.mjs';
import { Query, search } from './query.mjs';

// PS3.18 Tables 10.6.3-3 to -5.
const always = {
  STUDY: ['StudyDate', 'StudyTime', 'AccessionNumber', 'InstanceAvailability', 'ModalitiesInStudy', 'ReferringPhysicianName', 'TimezoneOffsetFromUTC', 'PatientName', 'PatientID',
    'PatientBirthDate', 'PatientSex', 'StudyInstanceUID', 'StudyID', 'NumberOfStudyRelatedSeries', 'NumberOfStudyRelatedInstances'],
  SERIES: ['Modality', 'TimezoneOffsetFromUTC', 'SeriesDescription', 'StudyInstanceUID', 'SeriesInstanceUID', 'SeriesNumber', 'PerformedProcedureStepStartDate',
    'PerformedProcedureStepStartTime', 'RequestAttributesSequence', 'NumberOfSeriesRelatedInstances'],
  IMAGE: ['SOPClassUID', 'SOPInstanceUID', 'InstanceAvailability', 'TimezoneOffsetFromUTC', 'StudyInstanceUID', 'SeriesInstanceUID', 'InstanceNumber', 'Rows', 'Columns', 'BitsAllocated', 'NumberOfFrames'],
};
const few = ['StudyDate', 'StudyDescription', 'ReferringPhysicianName', 'PatientName', 'PatientID', 'PatientBirthDate', 'StudyInstanceUID', 'Modality', 'SeriesInstanceUID',
  'SOPInstanceUID', 'SOPClassUID', 'InstanceNumber', 'SeriesNumber'];

function decoded(text, switches) {
  if (switches.get('w1.percent') === 'minimal') return text.replace(/%20/g, ' ').replace(/%2C/gi, ',');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/// The query of a request; {refused} where it cannot be one.
function read(archive, asked) {
  const { switches } = archive;
  const query = new Query({ face: 'http', aet: archive.aet, level: asked.level, keys: new Map(), named: new Set(), limit: undefined, offset: 0, fuzzy: false, emptyKeys: [] });
  levels.slice(1, levels.indexOf(asked.level)).forEach((level, n) => { if (asked.uids[n]) query.keys.set(uniqueKeys[level], asked.uids[n]); });
  const fields = [];
  for (const pair of asked.query.split('&').filter(Boolean)) {
    const [name, value] = [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)].map((t) => decoded(t, switches));
    if (name === 'limit' || name === 'offset') {
      if (!/^\d+$/.test(value)) return { refused: `${name} is no number` };
      query[name] = Number(value);
    } else if (name === 'fuzzymatching') query.fuzzy = value === 'true';
    else if (name === 'includefield') fields.push(value);
    else if (!addKey(query, name, value)) query.unknown.push(name);
  }
  const refused = include(query, fields, switches.get('w3.includefield'));
  if (refused) return { refused };
  const above = levels.slice(1, levels.indexOf(asked.level)).filter((level, n) => !asked.uids[n]);
  const usual = [...always[asked.level], ...above.flatMap((level) => always[level])];
  const default_ = switches.get('w24.default_fields') === 'few' ? few.filter((k) => usual.includes(k) || k === 'StudyDescription') : usual;
  query.asked = new Set([...default_, ...query.named, ...query.keys.keys()]);
  if (query.fuzzy && switches.get('w8.fuzzy') === 'honoured') query.how.names = 'words';
  return { query };
}

// Keys by keyword or tag, those in sequences with dots.
function addKey(query, name, value) {
  const path = name.split('.').map(tagOf);
  if (path.some((attribute) => !attribute || attribute.level === 'FILE')) return false;
  const last = path.at(-1);
  const text = last.vr === 'UI' ? value.replace(/,/g, '\\') : value;
  if (value === '') query.emptyKeys.push(name);
  if (path.length === 1) query.keys.set(last.keyword, text);
  else query.keys.set(path[0].keyword, [path.slice(1).reduceRight((inner, { keyword }) => ({ [keyword]: typeof inner === 'string' ? inner : [inner] }), text)]);
  return true;
}

function include(query, fields, how) {
  if (how === 'ignored') return undefined;
  if (how === 'commas_refused' && fields.some((field) => field.includes(','))) return 'includefield with commas';
  const names = fields.flatMap((field) => field.split(','));
  for (const name of how === 'first_only' ? names.slice(0, 1) : names) {
    if (name === 'all') {
      if (how === 'honoured' || how === 'commas_refused') for (const { keyword, level } of byKeyword.values()) if (levels.slice(0, levels.indexOf(query.level) + 1).includes(level)) query.named.add(keyword);
      continue;
    }
    const attribute = tagOf(name.split('.')[0]);
    if (attribute) query.named.add(attribute.keyword);
    else query.unknown.push(name);
  }
  return undefined;
}

const warning = (archive, words) => `299 ${archive.aet}: "${words}"`;
const plain = (status, body) => ({ status, headers: { 'Content-Type': 'text/plain' }, body });

/// {status, headers, body}; tells `asked` of keys and rows, for the log.
export function searchByQido(archive, asked) {
  const { switches } = archive;
  const { query, refused } = read(archive, asked);
  if (refused) return plain(400, refused);
  asked.keys = Object.fromEntries(query.keys);
  asked.unknown = query.unknown.length ? [...query.unknown] : undefined;
  const type = typeFor(asked.headers.accept, switches.get('w11.accept'));
  if (!type) return plain(406, 'not acceptable');
  const most = switches.get('w4.max_limit');
  if (most && query.limit > most && switches.get('w4.above') === 'refused') return plain(400, `limit above ${most}`);
  const found = search(archive.model, query, switches);
  if (!found.rows) return plain(found.http, found.comment);

  const offset = switches.get('w6.offset') === 'ignored' ? 0 : moved(query.offset, switches);
  const limit = Math.min(query.limit ?? (switches.get('w4.default_limit') || Infinity), most || Infinity);
  const page = found.rows.slice(offset, offset + limit);
  const held = found.rows.length - offset - page.length;
  asked.rows = page.length;
  const warnings = [];
  if (held > 0 && switches.get('w5.warning') === 'told') warnings.push(warning(archive, `There are ${held} additional results that can be requested`));
  if (query.unknown.length && switches.get('w2.unknown_keys') === 'warned') warnings.push(warning(archive, 'The following attributes are not supported, and were ignored'));
  for (const row of page) addAddress(row, asked, switches);
  return written(page, type, switches, warnings);
}

function moved(offset, switches) {
  if (offset === 0) return 0;
  return Math.max(0, offset - switches.get('w22.repeats')) + switches.get('w22.skips');
}

function typeFor(accept = '*/*', how) {
  const wants = accept.split(',').map((t) => t.trim().toLowerCase());
  const any = wants.some((t) => t.startsWith('*/*') || t.startsWith('application/*'));
  const json = wants.some((t) => t.startsWith('application/dicom+json'));
  const plainJson = wants.some((t) => t.startsWith('application/json'));
  const xml = wants.some((t) => /^multipart\/related.*dicom\+xml/.test(t) || t.startsWith('application/dicom+xml'));
  if (how === 'json_always') return 'json';
  if (how === 'json_only') return json || any ? 'json' : undefined;
  if (how === 'plain_json') return plainJson || any ? 'json' : undefined;
  if (how === 'xml_only') return xml || any ? 'xml' : undefined;
  return json || plainJson || any ? 'json' : xml ? 'xml' : undefined;
}

function addAddress({ values, entity }, { base }, switches) {
  const how = switches.get('w15.retrieve_url');
  if (how === 'absent') return;
  const a = entity.attributes;
  const path = [['studies', a.StudyInstanceUID], ['series', entity.level === 'STUDY' ? undefined : a.SeriesInstanceUID], ['instances', entity.level === 'IMAGE' ? a.SOPInstanceUID : undefined]]
    .filter(([, uid]) => uid).map(([name, [uid]]) => `/${name}/${how === 'null' ? 'null' : uid}`).join('');
  values.RetrieveURL = [`${how === 'foreign' ? 'http://pacs.internal:8080' : base}${switches.get('w13.wado')}${path}`];
}

function written(page, type, switches, warnings) {
  const headers = warnings.length ? { Warning: warnings } : {};
  const how = { numbers: switches.get('w17.numbers'), shape: switches.get('w18.shape') };
  if (type === 'json') {
    const rows = page.map((row) => asJson({ SpecificCharacterSet: ['ISO_IR 192'], ...row.values }, row.extras, how));
    return { status: 200, headers: { ...headers, 'Content-Type': 'application/dicom+json' }, body: JSON.stringify(rows) };
  }
  const parts = page.map((row) => `--quirk\r\nContent-Type: application/dicom+xml\r\n\r\n${asXml(row.values, row.extras)}\r\n`);
  return { status: 200, headers: { ...headers, 'Content-Type': 'multipart/related; type="application/dicom+xml"; boundary=quirk' }, body: `${parts.join('')}--quirk--\r\n` };
}
