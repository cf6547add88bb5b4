// Frames of an instance as an instance of their own (PS3.4 §Y.3.3). No pixel is decoded: native frames are cut by their size, encapsulated
// ones by the offset table, else by the codestreams, else a fragment is a frame.
import { readDataSet, writeDataSet } from '../dimse_js/data_set.mjs';
import { vrOf } from './dictionary.mjs';

const tags = { sop: 0x00080018, frameList: 0x00081161, extraction: 0x00081164, source: 0x00081167, frameTimes: 0x00181065, equipment: 0x0018a001,
  frames: 0x00280008, photometric: 0x00280004, samples: 0x00280002, rows: 0x00280010, columns: 0x00280011, allocated: 0x00280100,
  purpose: 0x0040a170, perFrame: 0x52009230, floats: 0x7fe00008, doubles: 0x7fe00009, pixels: 0x7fe00010 };
// Concatenations, what names single frames, and the offsets of the old ones.
const dropped = [0x00209161, 0x00209162, 0x00209163, 0x00209228, 0x00280009, 0x00286010, 0x00287fe0, 0x7fe00001, 0x7fe00002];
const sequences = new Set([tags.extraction, tags.equipment, tags.perFrame]);
const codestreams = /^1\.2\.840\.10008\.1\.2\.4\.(5|7|8|9|20[1-3])/;

const text = (vr, value) => ({ vr, bytes: Buffer.from(value, 'latin1') });
const read = ({ bytes, syntax }) => readDataSet(bytes, syntax, (tag) => (sequences.has(tag) ? 'SQ' : vrOf(tag)));
const word = (set, tag) => set.get(tag)?.bytes?.readUInt16LE(0) ?? 0;
const numberOf = (set) => Number(set.get(tags.frames)?.bytes.toString('latin1').replace(/[\0 ]/g, '') ?? '1');

/// How many frames an instance has that is stored.
export const framesOf = (instance) => numberOf(read(instance));

// Bits from `begin` on, at the beginning of a byte.
function bits(bytes, begin, length) {
  if (length % 8 === 0) return bytes.subarray(begin / 8, (begin + length) / 8);
  const cut = Buffer.alloc(Math.ceil(length / 8));
  for (let n = 0; n < length; ++n) if (bytes[(begin + n) >> 3] & (1 << ((begin + n) & 7))) cut[n >> 3] |= 1 << (n & 7);
  return cut;
}

// Several frames behind one another; single bits have no gaps between them.
function joined(frames, length) {
  if (length % 8 === 0) return Buffer.concat(frames);
  const all = Buffer.alloc(Math.ceil(frames.length * length / 8));
  frames.forEach((frame, at) => {
    for (let n = 0; n < length; ++n) if (frame[n >> 3] & (1 << (n & 7))) all[(at * length + n) >> 3] |= 1 << ((at * length + n) & 7);
  });
  return all;
}

function nativeFrames(set, { bytes }, list) {
  const halved = /^YBR_(FULL|PARTIAL)_422/.test(set.get(tags.photometric)?.bytes.toString('latin1') ?? '');
  const length = word(set, tags.rows) * word(set, tags.columns) * (halved ? 2 : word(set, tags.samples)) * word(set, tags.allocated);
  if (length === 0 || bytes.length * 8 < length * numberOf(set)) throw new Error('no such pixels');
  return { bytes: joined(list.map((frame) => bits(bytes, (frame - 1) * length, length)), length) };
}

// Lists of fragments.
function encapsulatedFrames({ fragments: [table, ...fragments] }, count, syntax) {
  const frames = [];
  if (table.length === 4 * count) {
    const starts = Array.from({ length: count }, (_, n) => table.readUInt32LE(4 * n));
    let offset = 0;
    for (const fragment of fragments) {
      if (starts.includes(offset)) frames.push([]);
      frames.at(-1).push(fragment);
      offset += 8 + fragment.length;
    }
  } else {
    for (const fragment of fragments) {
      const begins = !codestreams.test(syntax) || (fragment[0] === 0xff && [0xd8, 0x4f].includes(fragment[1]));
      if (begins || frames.length === 0) frames.push([]);
      frames.at(-1).push(fragment);
    }
  }
  if (frames.length !== count) throw new Error('no such frames');
  return frames;
}

function withTable(frames) {
  let offset = 0;
  const table = Buffer.alloc(4 * frames.length);
  frames.forEach((fragments, n) => {
    table.writeUInt32LE(offset, 4 * n);
    for (const fragment of fragments) offset += 8 + fragment.length;
  });
  return [table, ...frames.flat()];
}

const longs = (list) => {
  const bytes = Buffer.alloc(4 * list.length);
  list.forEach((one, n) => bytes.writeUInt32LE(one, 4 * n));
  return { vr: 'UL', bytes };
};
const code = (value, scheme, meaning) => new Map([[0x00080100, text('SH', value)], [0x00080102, text('SH', scheme)], [0x00080104, text('LO', meaning)]]);

/// The frames of `list` (ascending, from 1) of a stored instance. `wrong`: 'few': one frame less than it says it was asked for; 'other': it
/// says that it is of another instance; 'all_pixels': it has those of all frames.
export function extracted(instance, list, wrong) {
  const set = read(instance);
  const count = numberOf(set);
  const kept = wrong === 'few' ? list.slice(0, -1) : list;
  if (list.some((frame) => frame < 1 || frame > count)) throw new Error('no such frames');
  const sop = `${instance.sop}.${list[0]}`.length > 64 ? `2.25.${BigInt(list[0]) + 1n}` : `${instance.sop}.${list[0]}`;
  const items = (tag) => set.get(tag)?.items ?? [];
  const said = new Map([[tags.frameList, longs(list)], [tags.source, text('UI', wrong === 'other' ? `${instance.sop}.9` : instance.sop)]]);
  const equipment = new Map([[0x00080070, text('LO', 'Quirk archive')], [tags.purpose, { vr: 'SQ', items: [code('109105', 'DCM', 'Frame Extracting Equipment')] }]]);
  for (const tag of dropped) set.delete(tag);
  set.set(tags.sop, text('UI', sop));
  set.set(tags.extraction, { vr: 'SQ', items: [...items(tags.extraction), said] });
  set.set(tags.equipment, { vr: 'SQ', items: [...items(tags.equipment), equipment] });
  if (set.has(tags.perFrame)) set.set(tags.perFrame, { vr: 'SQ', items: kept.map((frame) => items(tags.perFrame)[frame - 1]) });
  if (set.has(tags.frameTimes)) {
    const times = set.get(tags.frameTimes).bytes.toString('latin1').trim().split('\\');
    set.set(tags.frameTimes, text('DS', kept.map((frame) => times[frame - 1]).join('\\')));
  }
  for (const tag of [tags.pixels, tags.floats, tags.doubles]) {
    const pixels = set.get(tag);
    if (!pixels || wrong === 'all_pixels') continue;
    if (pixels.fragments) {
      const frames = encapsulatedFrames(pixels, count, instance.syntax);
      set.set(tag, { vr: pixels.vr, fragments: withTable(kept.map((frame) => frames[frame - 1])) });
    } else {
      set.set(tag, { vr: pixels.vr, ...nativeFrames(set, pixels, kept) });
    }
  }
  set.set(tags.frames, text('IS', `${kept.length}`));
  return { ...instance, sop, bytes: writeDataSet(set, instance.syntax) };
}
