// Instances for the hostile archive: files as they are, and made ones of any size, whose bytes are never all in memory.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSetOffset, readValues, syntaxes } from '../dimse_js/data_set.mjs';

export { dataSetOffset, readValues };

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

function described(values, more) {
  const text = (tag) => values.get(tag) ?? '';
  return { sopClass: text(0x00080016), sop: text(0x00080018), modality: text(0x00080060), study: text(0x0020000d), series: text(0x0020000e), ...more };
}

/// What a folder holds that has meta information and is not deflated or big-endian.
export function instancesIn(folder) {
  const found = [];
  for (const name of readdirSync(folder, { recursive: true }).filter((n) => n.endsWith('.dcm')).sort()) {
    const file = readFileSync(join(folder, name));
    const offset = dataSetOffset(file);
    if (offset === undefined) continue;
    const syntax = readValues(file.subarray(132, offset), syntaxes.explicit, 0x00020010).get(0x00020010);
    if (syntax === syntaxes.deflated || syntax === syntaxes.bigEndian) continue;
    const bytes = file.subarray(offset);
    found.push(described(readValues(bytes, syntax), { syntax, length: bytes.length, hash: hash(bytes), pieces: () => [bytes] }));
  }
  return found;
}

function element(group, number, vr, value) {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.length % 2 ? value + (vr === 'UI' ? '\0' : ' ') : value, 'latin1');
  const start = Buffer.alloc(8);
  start.writeUInt16LE(group, 0);
  start.writeUInt16LE(number, 2);
  start.write(vr, 4, 'latin1');
  start.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([start, bytes]);
}
function us(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

const pattern = Buffer.alloc(1 << 20);
for (let n = 0; n < pattern.length; n += 4) pattern.writeUInt32LE((n * 2654435761) >>> 0, n);

const grayscaleWord = '1.2.840.10008.5.1.4.1.1.7.3';  // Multi-frame Grayscale Word Secondary Capture Image Storage
const madeStudy = '1.2.826.0.1.3680043.10.1.2';

/// A multi-frame image of `size` bytes of pixels (even): one pattern again and again.
export function madeInstance({ study = madeStudy, series = 1, number = 1, size = 1 << 19, sopClass = grayscaleWord } = {}) {
  const [seriesUid, sop] = [`${study}.${series}`, `${study}.${series}.${number}`];
  const frame = 512 * 512 * 2;
  const start = Buffer.concat([
    element(0x0008, 0x0016, 'UI', sopClass), element(0x0008, 0x0018, 'UI', sop), element(0x0008, 0x0020, 'DA', '20200102'),
    element(0x0008, 0x0060, 'CS', 'OT'), element(0x0010, 0x0010, 'PN', 'Made^Up'), element(0x0010, 0x0020, 'LO', 'MADE-1'),
    element(0x0020, 0x000d, 'UI', study), element(0x0020, 0x000e, 'UI', seriesUid), element(0x0020, 0x0013, 'IS', `${number}`),
    element(0x0028, 0x0002, 'US', us(1)), element(0x0028, 0x0004, 'CS', 'MONOCHROME2'), element(0x0028, 0x0008, 'IS', `${Math.max(1, Math.floor(size / frame))}`),
    element(0x0028, 0x0010, 'US', us(512)), element(0x0028, 0x0011, 'US', us(512)), element(0x0028, 0x0100, 'US', us(16)),
    element(0x0028, 0x0101, 'US', us(16)), element(0x0028, 0x0102, 'US', us(15)), element(0x0028, 0x0103, 'US', us(0)),
    Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x57, 0, 0, size & 255, (size >> 8) & 255, (size >> 16) & 255, (size >>> 24) & 255])]);
  const pieces = function* () {
    yield start;
    for (let left = size; left > 0; left -= pattern.length) yield pattern.subarray(0, Math.min(left, pattern.length));
  };
  const one = { sopClass, sop, modality: 'OT', study, series: seriesUid, syntax: syntaxes.explicit, length: start.length + size, pieces };
  let known;
  Object.defineProperty(one, 'hash', { enumerable: true, get: () => {
    if (!known) {
      const sum = createHash('sha256');
      for (const piece of pieces()) sum.update(piece);
      known = sum.digest('hex');
    }
    return known;
  } });
  return one;
}

/// A small one that no picture can be made of: without `encapsulated` it has no pixel data, else these bytes in a fragment.
export function madeWithoutPicture({ study = madeStudy, series = 1, number = 1, sopClass = '1.2.840.10008.5.1.4.1.1.88.33', modality = 'SR',
  syntax = syntaxes.explicit, encapsulated } = {}) {
  const [seriesUid, sop] = [`${study}.${series}`, `${study}.${series}.${number}`];
  const item = (number_, length) => Buffer.from([0xfe, 0xff, number_, 0xe0, length, 0, 0, 0]);
  const pixels = encapsulated && Buffer.concat([
    element(0x0028, 0x0002, 'US', us(3)), element(0x0028, 0x0004, 'CS', 'YBR_PARTIAL_420'), element(0x0028, 0x0006, 'US', us(0)), element(0x0028, 0x0008, 'IS', '25'),
    element(0x0028, 0x0010, 'US', us(16)), element(0x0028, 0x0011, 'US', us(16)), element(0x0028, 0x0100, 'US', us(8)),
    element(0x0028, 0x0101, 'US', us(8)), element(0x0028, 0x0102, 'US', us(7)), element(0x0028, 0x0103, 'US', us(0)),
    Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 255, 255, 255, 255]), item(0x00, 0), item(0x00, encapsulated.length), encapsulated, item(0xdd, 0)]);
  const bytes = Buffer.concat([
    element(0x0008, 0x0016, 'UI', sopClass), element(0x0008, 0x0018, 'UI', sop), element(0x0008, 0x0020, 'DA', '20200102'),
    element(0x0008, 0x0060, 'CS', modality), element(0x0010, 0x0010, 'PN', 'Made^Up'), element(0x0010, 0x0020, 'LO', 'MADE-1'),
    element(0x0020, 0x000d, 'UI', study), element(0x0020, 0x000e, 'UI', seriesUid), element(0x0020, 0x0013, 'IS', `${number}`), ...(pixels ? [pixels] : [])]);
  return { sopClass, sop, modality, study, series: seriesUid, syntax, length: bytes.length, pieces: () => [bytes], hash: hash(bytes) };
}

/// H.264, which is not decoded.
export const madeVideo = (where = {}) => madeWithoutPicture({ modality: 'ES', sopClass: '1.2.840.10008.5.1.4.1.1.77.1.1.1',
  syntax: '1.2.840.10008.1.2.4.102', encapsulated: Buffer.alloc(64, 7), ...where });
