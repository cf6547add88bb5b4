// Data sets as DICOM JSON (PS3.18 Annex F) and Native DICOM Model XML (PS3.19 Annex A.1).
import { decodeText } from '../dimse_js/character_sets.mjs';
import { readDataSet } from '../dimse_js/data_set.mjs';
import { byKeyword, byTag, inCharacterSet, vrOf } from './dictionary.mjs';

const groups = ['Alphabetic', 'Ideographic', 'Phonetic'];
const numbers = new Set(['IS', 'DS', 'US', 'SS', 'UL', 'SL', 'FL', 'FD']);
const hex = (tag) => tag.toString(16).toUpperCase().padStart(8, '0');
const nameOf = (text) => Object.fromEntries(text.split('=').map((group, n) => [groups[n], group]).filter(([, group]) => group));

/// `values` by keyword as DICOM JSON; `how`: {numbers, shape} as the quirks W17 and W18 have them.
export function asJson(values, extras = [], how = {}) {
  const out = Object.entries(values).map(([keyword, its]) => {
    const attribute = byKeyword.get(keyword);
    return [how.shape === 'keywords' ? keyword : attribute.hex, element(attribute.vr, its, how)];
  });
  for (const { tag, vr, value } of extras) out.push([hex(tag), value === '' ? { vr } : vr === 'UN' ? { vr, InlineBinary: Buffer.from(value).toString('base64') } : { vr, Value: [value] }]);
  return Object.fromEntries(out.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function element(vr, its, how) {
  const named = { right: { vr }, empty_vr: { vr: '' }, no_vr: {} }[how.shape] ?? { vr };
  let list = its.map((value) => valueOf(vr, value, how));
  if (list.length === 0 || (list.length === 1 && list[0] === null)) return how.shape === 'null_items' ? { ...named, Value: [null] } : named;
  if (how.shape === 'null_items' && vr !== 'UI') list = [...list, null];
  return { ...named, Value: how.shape === 'bare' && list.length === 1 && vr !== 'SQ' ? list[0] : list };
}

function valueOf(vr, value, how) {
  if (vr === 'SQ') return asJson(value, [], how);
  if (value === '') return null;
  if (vr === 'PN') return how.shape === 'plain_names' ? value : nameOf(value);
  if (numbers.has(vr) && how.numbers !== 'string' && /^[+-]?\d+(\.\d+)?$/.test(value.trim())) return Number(value);
  return value;
}

// --- XML ---

const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, '');
const parts = ['FamilyName', 'GivenName', 'MiddleName', 'NamePrefix', 'NameSuffix'];

/// The same as a document of the Native DICOM Model.
export function asXml(values, extras = []) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<NativeDicomModel xml:space="preserve">${inXml(values)}${extras.filter(({ value }) => value)
    .map(({ tag, vr, value }) => `<DicomAttribute tag="${hex(tag)}" vr="${vr}">${vr === 'UN' ? `<InlineBinary>${Buffer.from(value).toString('base64')}</InlineBinary>` : `<Value number="1">${escaped(value)}</Value>`}</DicomAttribute>`).join('')}</NativeDicomModel>`;
}
function inXml(values) {
  return Object.entries(values).map(([keyword, its]) => ({ ...byKeyword.get(keyword), its })).sort((a, b) => a.tag - b.tag)
    .map(({ hex: tag, vr, keyword, its }) => `<DicomAttribute tag="${tag}" vr="${vr}" keyword="${keyword}">${its.map((value, n) => valueInXml(vr, value, n + 1)).join('')}</DicomAttribute>`).join('');
}
function valueInXml(vr, value, number) {
  if (vr === 'SQ') return `<Item number="${number}">${inXml(value)}</Item>`;
  if (value === '') return '';
  if (vr !== 'PN') return `<Value number="${number}">${escaped(value)}</Value>`;
  const shown = value.split('=').map((group, n) => (group ? `<${groups[n]}>${group.split('^').map((part, p) => (part ? `<${parts[p]}>${escaped(part)}</${parts[p]}>` : '')).join('')}</${groups[n]}>` : ''));
  return `<PersonName number="${number}">${shown.join('')}</PersonName>`;
}

// --- metadata of an instance ---

const words = { US: [2, 'readUInt16LE'], SS: [2, 'readInt16LE'], UL: [4, 'readUInt32LE'], SL: [4, 'readInt32LE'], FL: [4, 'readFloatLE'], FD: [8, 'readDoubleLE'] };

/// The metadata of a stored instance: everything; bulk data by reference, at `bulk`/tag.
export function metadataOf(instance, bulk) {
  const set = readDataSet(instance.bytes, instance.syntax, vrOf);
  const label = set.get(0x00080005)?.bytes.toString('latin1').trim();
  return { ...jsonOf(set, label ? label.split('\\') : [], bulk), '00080005': { vr: 'CS', Value: ['ISO_IR 192'] } };
}

function jsonOf(set, labels, bulk) {
  return Object.fromEntries([...set].filter(([tag]) => (tag & 0xffff) !== 0).map(([tag, { vr, bytes, items, fragments }]) => [hex(tag), items
    ? { vr: 'SQ', Value: items.map((item) => jsonOf(item, labels, bulk)) }
    : fragments || ['OB', 'OW', 'OD', 'OF', 'OL', 'UN'].includes(vr) ? { vr, BulkDataURI: `${bulk}/${hex(tag)}` } : plain(tag, vr, bytes, labels)]));
}

function plain(tag, vr, bytes, labels) {
  if (words[vr]) {
    const [width, read] = words[vr];
    const list = Array.from({ length: Math.floor(bytes.length / width) }, (_, n) => bytes[read](n * width));
    return list.length ? { vr, Value: list } : { vr };
  }
  const text = (inCharacterSet.has(vr) ? decodeText(bytes, labels) : bytes.toString('latin1')).replace(/[\0 ]+$/, '');
  if (text === '') return { vr };
  const list = ['ST', 'LT', 'UT', 'UR'].includes(vr) ? [text] : text.split('\\').map((t) => t.trim());
  return { vr, Value: list.map((value) => valueOf(vr, value, {})) };
}

export const tagOf = (name) => (/^[0-9a-f]{8}$/i.test(name) ? byTag.get(parseInt(name, 16)) : byKeyword.get(name));
