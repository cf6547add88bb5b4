// Data sets as bytes (PS3.5 §7, §A): read and written by hand, in the uncompressed syntaxes, deflated and encapsulated.
import { deflateRawSync, inflateRawSync } from 'node:zlib';

export const syntaxes = { implicit: '1.2.840.10008.1.2', explicit: '1.2.840.10008.1.2.1', deflated: '1.2.840.10008.1.2.1.99', bigEndian: '1.2.840.10008.1.2.2' };
const long = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const undefinedLength = 0xffffffff;

// One element's head: {tag, length, value: offset}.
function head(bytes, at, explicit) {
  const tag = bytes.readUInt16LE(at) * 0x10000 + bytes.readUInt16LE(at + 2);
  if (!explicit || tag >= 0xfffe0000) return { tag, length: bytes.readUInt32LE(at + 4), value: at + 8 };
  if (long.has(bytes.toString('latin1', at + 4, at + 6))) return { tag, length: bytes.readUInt32LE(at + 8), value: at + 12 };
  return { tag, length: bytes.readUInt16LE(at + 6), value: at + 8 };
}
// The offset behind what begins at `at`, to its delimiter when its length is undefined.
function behind(bytes, { length, value }, explicit) {
  if (length !== undefinedLength) return value + length;
  for (let at = value; ;) {
    const inner = head(bytes, at, explicit);
    if (inner.tag === 0xfffee00d || inner.tag === 0xfffee0dd) return inner.value;
    at = behind(bytes, inner, explicit);
  }
}

/// The values of the elements of a data set up to `last`, by tag, as text.
export function readValues(bytes, syntax, last = 0x0020000e) {
  const explicit = syntax !== syntaxes.implicit;
  const values = new Map();
  for (let at = 0; at + 8 <= bytes.length;) {
    const element = head(bytes, at, explicit);
    if (element.tag > last) break;
    if (element.length !== undefinedLength)
      values.set(element.tag, bytes.toString('latin1', element.value, element.value + element.length).replace(/[\0 ]+$/, ''));
    at = behind(bytes, element, explicit);
  }
  return values;
}

/// The meta information's length; where a file has none: undefined.
export function dataSetOffset(file) {
  if (file.toString('latin1', 128, 132) !== 'DICM' || file.readUInt32LE(132) !== 0x00000002) return undefined;
  return 144 + file.readUInt32LE(140);
}

// --- whole data sets ---------------------------------------------------------------------------------------------------------

/// A data set is a Map from tag to {vr, bytes}, {vr: 'SQ', items: [data set]} or {vr, fragments: [bytes]}, in order.
/// `vrOf(tag)` is asked for in Implicit VR.
export function readDataSet(bytes, syntax, vrOf) {
  if (syntax === syntaxes.deflated) return readDataSet(inflateRawSync(bytes), syntaxes.explicit, vrOf);
  const explicit = syntax !== syntaxes.implicit;
  return elementsUntil(bytes, 0, bytes.length, explicit, vrOf).set;
}

function elementsUntil(bytes, from, end, explicit, vrOf) {
  const set = new Map();
  let at = from;
  while (at + 8 <= end) {
    const element = head(bytes, at, explicit);
    if (element.tag === 0xfffee00d) return { set, at: element.value };
    let vr = explicit ? bytes.toString('latin1', at + 4, at + 6) : vrOf(element.tag);
    if (!explicit && element.length === undefinedLength) vr = 'SQ';
    if (vr === 'SQ' || (vr === 'UN' && element.length === undefinedLength)) {
      const read = itemsOf(bytes, element, explicit && vr === 'SQ', vrOf);
      set.set(element.tag, { vr: 'SQ', items: read.items });
      at = read.at;
    } else if (element.length === undefinedLength) {
      const fragments = [];
      for (at = element.value; ;) {
        const inner = head(bytes, at, explicit);
        at = inner.value + inner.length;
        if (inner.tag === 0xfffee0dd) break;
        fragments.push(bytes.subarray(inner.value, at));
      }
      set.set(element.tag, { vr, fragments });
    } else {
      at = element.value + element.length;
      set.set(element.tag, { vr, bytes: bytes.subarray(element.value, at) });
    }
  }
  return { set, at };
}

function itemsOf(bytes, { length, value }, explicit, vrOf) {
  const items = [];
  const end = length === undefinedLength ? bytes.length : value + length;
  let at = value;
  while (at + 8 <= end) {
    const item = head(bytes, at, explicit);
    if (item.tag === 0xfffee0dd) return { items, at: item.value };
    const read = elementsUntil(bytes, item.value, item.length === undefinedLength ? end : item.value + item.length, explicit, vrOf);
    items.push(read.set);
    at = read.at;
  }
  return { items, at };
}

// How wide the numbers of a binary value are, for another order of bytes.
const widths = { US: 2, SS: 2, OW: 2, AT: 2, UL: 4, SL: 4, FL: 4, OF: 4, OL: 4, FD: 8, OD: 8, UV: 8, SV: 8, OV: 8 };

function swapped(vr, bytes) {
  const width = widths[vr];
  if (!width || bytes.length % width) return bytes;
  const copy = Buffer.from(bytes);
  return width === 2 ? copy.swap16() : width === 4 ? copy.swap32() : copy.swap64();
}

/// The bytes of a data set; elements are put in order. In Explicit VR Big Endian everything is turned round, pixels included.
export function writeDataSet(set, syntax) {
  if (syntax === syntaxes.deflated) {
    const deflated = deflateRawSync(writeDataSet(set, syntaxes.explicit));
    return deflated.length % 2 ? Buffer.concat([deflated, Buffer.alloc(1)]) : deflated;
  }
  const big = syntax === syntaxes.bigEndian;
  return Buffer.concat([...set].sort(([a], [b]) => a - b).flatMap(([tag, element]) => elementBytes(tag, element, syntax !== syntaxes.implicit, big, syntax)));
}

function headBytes(tag, vr, length, explicit, big) {
  const bytes = Buffer.alloc(explicit && long.has(vr) ? 12 : 8);
  const u16 = (value, at) => (big ? bytes.writeUInt16BE(value, at) : bytes.writeUInt16LE(value, at));
  const u32 = (value, at) => (big ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at));
  u16(tag >>> 16, 0);
  u16(tag & 0xffff, 2);
  if (!explicit || !vr) u32(length, 4);
  else {
    bytes.write(vr, 4, 'latin1');
    if (long.has(vr)) u32(length, 8);
    else u16(length, 6);
  }
  return bytes;
}

function elementBytes(tag, { vr, bytes, items, fragments }, explicit, big, syntax) {
  if (items) {
    const inner = items.flatMap((item) => {
      const data = writeDataSet(item, syntax === syntaxes.deflated ? syntaxes.explicit : syntax);
      return [headBytes(0xfffee000, undefined, data.length, explicit, big), data];
    });
    return [headBytes(tag, 'SQ', inner.reduce((sum, b) => sum + b.length, 0), explicit, big), ...inner];
  }
  if (fragments) {
    return [headBytes(tag, vr, undefinedLength, explicit, big),
      ...fragments.flatMap((fragment) => [headBytes(0xfffee000, undefined, fragment.length, explicit, big), fragment]),
      headBytes(0xfffee0dd, undefined, 0, explicit, big)];
  }
  const even = bytes.length % 2 ? Buffer.concat([bytes, Buffer.from(['UI', 'OB', 'UN'].includes(vr) ? '\0' : ' ')]) : bytes;
  return [headBytes(tag, vr, even.length, explicit, big), big ? swapped(vr, even) : even];
}

/// A PS3.10 file around a data set.
export function asFile(data, { sopClass, sop, syntax }) {
  const text = (value) => ({ vr: 'UI', bytes: Buffer.from(value, 'latin1') });
  const meta = writeDataSet(new Map([[0x00020001, { vr: 'OB', bytes: Buffer.from([0, 1]) }], [0x00020002, text(sopClass)], [0x00020003, text(sop)],
    [0x00020010, text(syntax)], [0x00020012, text('1.2.826.0.1.3680043.10.1.1')]]), syntaxes.explicit);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(meta.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), writeDataSet(new Map([[0x00020000, { vr: 'UL', bytes: length }]]), syntaxes.explicit), meta, data]);
}
