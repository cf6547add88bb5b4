// WADO-RS (PS3.18 §10.4): studies, series, instances, their metadata, and frames.
import { readDataSet } from '../dimse_js/data_set.mjs';
import { asFile } from '../dimse_js/data_set.mjs';
import { vrOf } from './dictionary.mjs';
import { metadataOf } from './json.mjs';
import { converted } from './model.mjs';
import { named } from './quirks/syntaxes.mjs';

const plain = (status, body = '') => ({ status, headers: { 'Content-Type': 'text/plain' }, body });

/// {status, headers, body}; tells `asked` how many instances were sent.
export function retrieveByWado(archive, asked) {
  const { switches } = archive;
  const [study, series, sop] = asked.uids;
  let entities = archive.model.IMAGE.filter(({ attributes: a }) => a.StudyInstanceUID[0] === study && (!series || a.SeriesInstanceUID[0] === series) && (!sop || a.SOPInstanceUID[0] === sop));
  if (entities.length === 0) return plain(404);
  const drops = switches.get('w28.drops');
  if (drops && entities.length > 1) entities = entities.filter((e, n) => n % drops !== drops - 1);
  asked.instances = entities.length;
  if (asked.part === '/metadata') return metadata(archive, asked, entities);
  const accept = acceptable(asked.headers.accept ?? '*/*', switches.get('w10.accept_type'));
  if (!accept) return plain(406);
  if (asked.part) return sop ? frames(archive, asked, entities[0], switches) : plain(404);
  if (accept.single && (switches.get('w20.single_part') === 'refused' || entities.length > 1)) return plain(switches.get('w20.single_part') === 'refused' ? 400 : 406);
  const files = entities.map((entity) => inSyntax(archive.stored(entity), accept.syntax, switches));
  if (files.some((file) => !file)) return plain(406);
  const bytes = files.map((file) => asFile(file.bytes, file));
  if (accept.single) return { status: 200, headers: { 'Content-Type': `application/dicom; transfer-syntax=${files[0].syntax}` }, body: bytes[0] };
  return multipart(files.map((file, n) => ({ type: 'application/dicom', syntax: file.syntax, body: bytes[n] })), 'application/dicom', switches);
}

// What an Accept header allows of application/dicom: {single, syntax}; undefined for nothing.
function acceptable(header, quotes) {
  for (const one of header.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((t) => t.trim())) {
    const [media, ...parameters] = one.split(';').map((t) => t.trim());
    const value = (name) => parameters.find((p) => p.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
    const type = value('type');
    const syntax = value('transfer-syntax')?.replaceAll('"', '');
    if (media === '*/*' || media === 'multipart/*') return { syntax };
    if (media === 'application/dicom') return { single: true, syntax };
    if (media !== 'multipart/related') continue;
    if (type && ((quotes === 'quoted' && !type.startsWith('"')) || (quotes === 'unquoted' && type.startsWith('"')))) continue;
    if (!type || /^"?(application\/(dicom|octet-stream)|image\/)/.test(type)) return { syntax };
  }
  return undefined;
}

function inSyntax(instance, syntax, switches) {
  const stays = syntax === '*' || switches.get('t2.as_stored') || (!syntax && switches.get('t4.default') === 'stored');
  if (stays) return instance;
  return converted(instance, syntax ?? named[switches.get('t4.default')]) ?? (syntax ? undefined : instance);
}

function multipart(parts, type, switches) {
  const boundary = { plain: 'quirk-pacs-part', long: 'q'.repeat(70), unquoted_spaces: 'quirk pacs part' }[switches.get('w19.boundary')];
  const how = switches.get('w19.part_type');
  const syntax = (part) => (switches.get('w19.part_syntax') === 'told' ? `; transfer-syntax=${part.syntax}` : '');
  const body = parts.flatMap((part) => [Buffer.from(`\r\n--${boundary}\r\n${how === 'absent' ? '' : how === 'misquoted' ? `Content-Type: "${part.type}${syntax(part)}"\r\n` : `Content-Type: ${part.type}${syntax(part)}\r\n`}\r\n`), part.body]);
  const shown = how === 'misquoted' ? `"${type}${syntax(parts[0])}"` : `"${type}"`;
  return { status: 200, headers: { 'Content-Type': `multipart/related; type=${shown}; boundary=${boundary}` }, body: Buffer.concat([...body, Buffer.from(`\r\n--${boundary}--\r\n`)]) };
}

function metadata(archive, asked, entities) {
  if (!/\*\/\*|json/.test(asked.headers.accept ?? '*/*')) return plain(406);
  const address = (entity) => `${asked.base}${archive.switches.get('w13.wado')}/studies/${asked.uids[0]}/series/${entity.attributes.SeriesInstanceUID[0]}/instances/${entity.attributes.SOPInstanceUID[0]}/bulkdata`;
  return { status: 200, headers: { 'Content-Type': 'application/dicom+json' }, body: JSON.stringify(entities.map((entity) => metadataOf(archive.stored(entity), address(entity)))) };
}

// Native pixels cut by size; encapsulated ones where each fragment is a frame.
function frames(archive, asked, entity, switches) {
  const instance = archive.stored(entity);
  const set = readDataSet(instance.bytes, instance.syntax, vrOf);
  const pixels = set.get(0x7fe00010);
  if (!pixels) return plain(404);
  const us = (tag) => set.get(tag)?.bytes.readUInt16LE(0) ?? 1;
  const size = us(0x00280010) * us(0x00280011) * us(0x00280002) * Math.ceil(us(0x00280100) / 8);
  const all = pixels.fragments ? pixels.fragments.slice(1) : Array.from({ length: Math.floor(pixels.bytes.length / size) }, (_, n) => pixels.bytes.subarray(n * size, (n + 1) * size));
  const wanted = asked.part.slice('/frames/'.length).split(',').map((n) => all[n - 1]);
  if (wanted.some((frame) => !frame)) return plain(404);
  return multipart(wanted.map((body) => ({ type: 'application/octet-stream', syntax: instance.syntax, body })), 'application/octet-stream', switches);
}
