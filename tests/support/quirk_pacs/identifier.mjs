// Identifiers of C-FIND, C-GET and C-MOVE: read into keys, and rows written as bytes.
import { decodeText, encodeText } from '../dimse_js/character_sets.mjs';
import { readDataSet, writeDataSet } from '../dimse_js/data_set.mjs';
import { byKeyword, byTag, inCharacterSet, vrOf } from './dictionary.mjs';
import { put } from './model.mjs';
import { writing } from './quirks/values.mjs';

const characterSet = byKeyword.get('SpecificCharacterSet').tag;
const hex = (tag) => tag.toString(16).toUpperCase().padStart(8, '0');

/// {keys: Map of keyword to text or [object], asked: keywords, unknown: tags that are not known, labels}.
export function readIdentifier(bytes, syntax) {
  const set = readDataSet(bytes, syntax, vrOf);
  const labels = set.has(characterSet) ? set.get(characterSet).bytes.toString('latin1').trim().split('\\').filter(Boolean) : [];
  const keys = new Map();
  const unknown = [];
  for (const [tag, element] of set) {
    const attribute = byTag.get(tag);
    if (!attribute || attribute.level === 'FILE' || attribute.level === 'ITEM') unknown.push(hex(tag));
    else keys.set(attribute.keyword, element.items ? element.items.map((item) => itemOf(item, labels)) : textOf(element, attribute, labels));
  }
  return { keys, asked: new Set(keys.keys()), unknown, labels };
}

function textOf({ bytes }, { vr }, labels) {
  if (vr === 'UL') return Array.from({ length: bytes.length >> 2 }, (_, n) => bytes.readUInt32LE(4 * n)).join('\\');
  if (vr === 'US') return bytes.length >= 2 ? `${bytes.readUInt16LE(0)}` : '';
  const text = inCharacterSet.has(vr) ? decodeText(bytes, labels) : bytes.toString('latin1');
  return text.replace(/[\0 ]+$/, '');
}
function itemOf(set, labels) {
  return Object.fromEntries([...set].flatMap(([tag, element]) => {
    const attribute = byTag.get(tag);
    return attribute ? [[attribute.keyword, element.items ? element.items.map((item) => itemOf(item, labels)) : textOf(element, attribute, labels)]] : [];
  }));
}

/// The bytes of a C-FIND row.
export function writeRow(row, syntax, query, switches) {
  const { encode, labels } = writing(switches, row, query.asked.has('SpecificCharacterSet'));
  const set = new Map();
  for (const [keyword, values] of Object.entries(row.values)) put(set, keyword, values, encode);
  if (labels) set.set(characterSet, { vr: 'CS', bytes: Buffer.from(labels.join('\\'), 'latin1') });
  for (const { tag, vr, value } of row.extras) set.set(tag, { vr, bytes: encodeText(value, []) });
  return writeDataSet(set, syntax);
}
