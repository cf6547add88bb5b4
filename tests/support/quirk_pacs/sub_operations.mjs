// C-GET and C-MOVE of the archive: what is meant, where it goes, and in which syntax.
import { createConnection } from 'node:net';
import { honest, reply, Retrieve, store } from '../dimse_js/sub_operations.mjs';
import { commands, Link } from '../dimse_js/upper_layer.mjs';
import { levels, uniqueKeys } from './dictionary.mjs';
import { extracted } from './frames.mjs';
import { shown } from './log.mjs';
import { converted, instancesOf, uncompressed, withoutBulkData } from './model.mjs';
import { matching } from './query.mjs';
import { unknownDestination } from './quirks/retrieve.mjs';

const jpeg = '1.2.840.10008.1.2.4.70';
const hex = (status) => status.toString(16).toUpperCase().padStart(4, '0');
const tries = new WeakMap();  // of an archive: study UID to retrieves so far

/// An instance as it can be sent: as stored, or in another uncompressed syntax where only that was accepted. `sent.bytes` counts.
function sendable(archive, one, sent = { bytes: 0 }) {
  const as = (instance) => ({ ...instance, length: instance.bytes.length, pieces: () => {
    sent.bytes += instance.bytes.length;
    return [instance.bytes];
  } });
  return { ...as(one), fitting: (contexts) => {
    const open = contexts.filter((c) => c.abstractSyntax === one.sopClass).map((c) => c.transferSyntax);
    if (open.includes(one.syntax) || open.length === 0) return as(one);
    if (archive.switches.get('t2.as_stored')) return as({ ...one, syntax: open[0] });
    return as(open.map((syntax) => converted(one, syntax)).find(Boolean) ?? one);
  } };
}

// What is sent of what is held.
function madeFor({ root, level, keys }, { switches }) {
  const frames = switches.get('r2.frame_level');
  if (root === 'instance' && switches.get('r2.without_bulk_data') === 'taken') return withoutBulkData;
  if (root !== 'composite' || level !== 'FRAME' || frames === 'whole') return (instance) => instance;
  return (instance) => extracted(instance, keys.get('SimpleFrameList').split('\\').map(Number), frames);
}

/// Answers one message {command, context, query} on `link` of `face`.
export async function answerRetrieve(face, link, { command, context, query }, log) {
  const { archive, switches } = face;
  const isGet = command.command === commands.getRq;
  const record = { verb: isGet ? 'C-GET' : 'C-MOVE', root: query.root, level: query.level, keys: shown(query.keys), ...(isGet ? {} : { destination: command.destination }) };
  const operation = face.operations++;
  const end = async (status, comment) => {
    await link.send(context, { ...reply(command, status), comment });
    log({ ...record, instances: 0, status: hex(status) });
  };
  const request = Object.fromEntries([['study', 'STUDY'], ['series', 'SERIES'], ['sop', 'IMAGE']].map(([name, level]) => [name, query.wanted(uniqueKeys[level])]));
  if (switches.get('r11.uids_only') && !Object.values(request).some(Boolean)) return end(0x0120, 'a UID is wanted');
  if (operation < switches.get('r12.fails_first')) return end(0xc000, 'unable to process');
  if (query.root === 'instance' && switches.get('r2.without_bulk_data') === 'fails') return end(0xc000, 'unable to process');
  if (query.root === 'composite' && switches.get('r2.frame_level') === 'fails') return end(0xc000, 'unable to process');
  if (switches.get('r14.levels') === 'no_image' && query.level === 'IMAGE') return end(0xa900, 'no IMAGE level');

  const entities = wanted(archive, query, switches);
  const does = doing(face, link, { isGet, entities, request });
  const adapter = { does, storeStatuses: [], heard: [], openStore: (instances) => openStore(archive, command.destination, instances) };
  const made = madeFor(query, archive);
  const sent = { bytes: 0 };
  let instances;
  try {
    instances = entities.map((entity) => sendable(archive, made(archive.stored(entity)), sent));
  } catch (error) {
    if (query.root !== 'composite') throw error;
    return end(0xaa02, 'unable to extract frames');
  }
  const one = new Retrieve(adapter, link, { context, command, request, operation, late: [], wanted: instances });
  if (!isGet) {
    const reached = await destinationOf(archive, link, command.destination, one, adapter);
    if (reached !== undefined) return end(reached, 'the destination cannot be reached');
    if (one.channel && [...one.channel.contexts.values()].some((c) => c.transferSyntax === jpeg)) does.abortsBefore = () => true;
  }
  let status = 'broken off';
  try {
    await one.run();
    status = one.status === undefined ? 'silent' : hex(one.status);
    if (switches.get('r16.unasked') && !isGet) await sendAnother(archive, entities, one.channel);
  } finally {
    one.close();
    log({ ...record, instances: adapter.storeStatuses.filter((s) => s === 0).length, bytes: sent.bytes, ...one.counts, status: adapter.heard[0] === 'cancel' ? hex(0xfe00) : status });
  }
  return undefined;
}

// What is meant: by UIDs, and whatever else stands there.
function wanted(archive, query, switches) {
  if (query.root === 'composite') return archive.model.IMAGE.filter(({ uid }) => uid === query.wanted(uniqueKeys.IMAGE));
  const level = levels.includes(query.level) ? query.level : 'STUDY';
  const found = matching(archive.model, Object.assign(query, { level }));
  return [...new Set(found.flatMap((entity) => instancesOf(switches.get('r14.levels') === 'study' && level !== 'PATIENT' ? studyAbove(entity) : entity)))];
}
const studyAbove = (entity) => (entity.level === 'STUDY' ? entity : studyAbove(entity.parent));

function doing({ archive, switches }, link, { isGet, entities, request }) {
  const does = { ...honest };
  const compressed = isGet && switches.get('t1.compressed_aborts') && [...link.contexts.values()].some((c) => c.transferSyntax === jpeg);
  switches.each('retrieves', does, { isGet, compressed });
  const size = switches.get('n7.fragments');
  if (size) does.fragments = (stream) => (stream === 'data' ? size : Infinity);
  const before = tries.get(archive) ?? new Map();
  tries.set(archive, before);
  const study = request.study ?? entities[0]?.attributes.StudyInstanceUID[0];
  before.set(study, (before.get(study) ?? 0) + 1);
  if (before.get(study) <= switches.get('r13.nearline')) Object.assign(does, { drops: () => true, counters: 'zero' });
  return does;
}

// A status when a C-MOVE cannot go there.
async function destinationOf(archive, link, title, one, adapter) {
  const { switches } = archive;
  if (switches.get('n10.stale_address')) return 0xa700;
  if (switches.get('r15.destination_is_caller') === 'refused' && title === link.calling) return 0xa801;
  if (!archive.addressOf(title)) return unknownDestination(switches.get('r1.unknown_destination'));
  try {
    if (one.wanted.length) one.channel = await adapter.openStore(one.wanted);
    return undefined;
  } catch {
    return 0xa702;
  }
}

async function openStore(archive, title, instances) {
  const { host, port } = archive.addressOf(title);
  const link = new Link(createConnection(port, host));
  const pairs = new Map();
  for (const { sopClass, syntax } of instances) {
    const further = uncompressed.includes(syntax) ? uncompressed.slice(0, 2) : [];
    const lossless = archive.switches.get('t1.compressed_aborts') ? [jpeg] : [];
    for (const each of [syntax, ...further, ...lossless]) pairs.set(`${sopClass} ${each}`, [sopClass, each]);
  }
  await link.request(title, archive.aet, [...pairs.values()].slice(0, 128));
  return link;
}

async function sendAnother(archive, entities, channel) {
  const uid = entities[0]?.attributes.StudyInstanceUID[0];
  const other = archive.model.IMAGE.find((i) => i.attributes.StudyInstanceUID[0] !== uid && i.attributes.SOPClassUID[0] === entities[0]?.attributes.SOPClassUID[0]);
  if (other && channel && !channel.ended) await store(channel, sendable(archive, archive.stored(other)));
}
