// PS3.10 files, and what of them is to be compared.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSetOffset, readValues, syntaxes } from '../../support/dimse_js/data_set.mjs';

/// What stands behind the meta information of a PS3.10 file; undefined for anything else.
export function dataSet(file) {
  if (file.subarray(128, 132).toString() !== 'DICM' || file.readUInt32LE(132) !== 0x00000002) return undefined;
  return file.subarray(144 + file.readUInt32LE(140));
}

/// {sop, syntax} of a PS3.10 file.
export function uidsOf(file) {
  const meta = readValues(file.subarray(132, dataSetOffset(file)), syntaxes.explicit, 0x00020010);
  return { sop: meta.get(0x00020003), syntax: meta.get(0x00020010) };
}

export const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

// Archives on DCMTK write a data set anew when they send it by DIMSE: padding, group lengths and the lengths of sequences are
// theirs. So both sides are brought to one form by DCMTK's own tool; what it cannot read stays as it is. `more`: of its options.
export function inOneForm(file, ...more) {
  const folder = mkdtempSync(join(tmpdir(), 'pons-form-'));
  try {
    writeFileSync(join(folder, 'in.dcm'), file);
    execFileSync('dcmconv', [...more, '--padding-off', '--group-length-remove', '--length-undefined', join(folder, 'in.dcm'), join(folder, 'out.dcm')],
      { stdio: 'ignore' });
    return dataSet(readFileSync(join(folder, 'out.dcm')));
  } catch {
    return dataSet(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const number = (value, bytes) => { const b = Buffer.alloc(bytes); b.writeUIntLE(value, 0, bytes); return b; };
const native = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'];
const long = ['OB', 'OW', 'UN', 'SQ', 'UT'];

/// An element in Explicit VR Little Endian.
export function element(tag, vr, value) {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
  const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(vr === 'UI' || vr === 'OB' ? '\0' : ' ')]);
  const length = long.includes(vr) ? Buffer.concat([Buffer.alloc(2), number(padded.length, 4)]) : number(padded.length, 2);
  return Buffer.concat([number(tag >>> 16, 2), number(tag & 0xffff, 2), Buffer.from(vr), length, padded]);
}

/// Pixel data in one fragment, whatever is in it (PS3.5 §A.4).
function encapsulated(fragment) {
  const item = (element, bytes) => Buffer.concat([number(0xfffe, 2), number(element, 2), number(bytes.length, 4), bytes]);
  return Buffer.concat([number(0x7fe0, 2), number(0x0010, 2), Buffer.from('OB'), Buffer.alloc(2), number(0xffffffff, 4),
    item(0xe000, Buffer.alloc(0)), item(0xe000, fragment), item(0xe0dd, Buffer.alloc(0))]);
}

/// A file made by hand: Explicit VR Little Endian, `size` bytes of pixels, encapsulated where `syntax` is another; `side`: a grey image of so many rows and
/// columns, of 8 bits.
export function makeFile({ uid, study, series = `${study}.1`, sopClass = '1.2.840.10008.5.1.4.1.1.7', side, size = side ? side * side : 64,
  syntax = '1.2.840.10008.1.2.1' }) {
  const image = side ? [element(0x00280002, 'US', number(1, 2)), element(0x00280004, 'CS', 'MONOCHROME2'), element(0x00280010, 'US', number(side, 2)),
    element(0x00280011, 'US', number(side, 2)), element(0x00280100, 'US', number(8, 2)), element(0x00280101, 'US', number(8, 2)),
    element(0x00280102, 'US', number(7, 2)), element(0x00280103, 'US', number(0, 2))] : [];
  const data = [element(0x00080016, 'UI', sopClass), element(0x00080018, 'UI', uid), element(0x00080060, 'CS', 'OT'),
    element(0x00100010, 'PN', 'Made^By^Hand'), element(0x00100020, 'LO', 'HAND-1'), element(0x0020000d, 'UI', study),
    element(0x0020000e, 'UI', series), ...image, native.includes(syntax) ? element(0x7fe00010, 'OW', Buffer.alloc(size, 0x5a)) : encapsulated(Buffer.alloc(size, 0x5a))];
  const meta = Buffer.concat([element(0x00020001, 'OB', Buffer.from([0, 1])), element(0x00020002, 'UI', sopClass),
    element(0x00020003, 'UI', uid), element(0x00020010, 'UI', syntax), element(0x00020012, 'UI', '1.2.3')]);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(0x00020000, 'UL', number(meta.length, 4)), meta, ...data]);
}
