// Specific Character Set (PS3.5 §6.1, PS3.3 C.12.1.1.2): text to bytes and back. The tables are those of node's TextDecoder, turned round.

const singleByte = { 'ISO_IR 101': 'iso-8859-2', 'ISO_IR 109': 'iso-8859-3', 'ISO_IR 110': 'iso-8859-4', 'ISO_IR 144': 'iso-8859-5', 'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 126': 'iso-8859-7', 'ISO_IR 138': 'iso-8859-8', 'ISO_IR 148': 'iso-8859-9', 'ISO_IR 166': 'windows-874', 'ISO_IR 13': 'shift_jis', 'windows-1252': 'windows-1252' };
const multiByte = { GB18030: 'gb18030', GBK: 'gbk' };

// ISO 2022: what stands behind ESC, which half it goes to, and how its bytes are decoded.
const escapes = [['(B', 0], ['(J', 0], [')I', 1, 'ISO_IR 13'], ['$B', 0, 'euc-jp', 2], ['$(D', 0, 'x-0212', 2], ['$)C', 1, 'euc-kr', 2], ['$)A', 1, 'gbk', 2], ['-A', 1, 'ISO_IR 100'],
  ['-B', 1, 'ISO_IR 101'], ['-C', 1, 'ISO_IR 109'], ['-D', 1, 'ISO_IR 110'], ['-L', 1, 'ISO_IR 144'], ['-G', 1, 'ISO_IR 127'], ['-F', 1, 'ISO_IR 126'],
  ['-H', 1, 'ISO_IR 138'], ['-M', 1, 'ISO_IR 148'], ['-T', 1, 'ISO_IR 166']].map(([code, half, set, width]) => ({ code, half, set, width }));
const extensions = { 'ISO 2022 IR 87': '$B', 'ISO 2022 IR 149': '$)C', 'ISO 2022 IR 58': '$)A', 'ISO 2022 IR 13': ')I' };

const decoders = new Map();
function decoder(name) {
  if (!decoders.has(name)) decoders.set(name, new TextDecoder(name));
  return decoders.get(name);
}
function decodeSingle(bytes, set) {
  return singleByte[set] ? decoder(singleByte[set]).decode(bytes) : bytes.toString('latin1');
}

/// Bytes as text. `labels`: the values of (0008,0005); none: UTF-8 if it is that, else Latin-1.
export function decodeText(bytes, labels = []) {
  if (bytes.every((byte) => byte < 128 && byte !== 27)) return bytes.toString('latin1');
  if (labels.length > 1 || labels.some((label) => label.startsWith('ISO 2022'))) return decodeEscaped(bytes, labels);
  const [set] = labels;
  if (set === 'ISO_IR 192') return bytes.toString('utf8');
  if (multiByte[set]) return decoder(multiByte[set]).decode(bytes);
  if (set) return decodeSingle(bytes, set);
  const text = bytes.toString('utf8');
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

function decodeEscaped(bytes, labels) {
  const first = { half: 1, set: (labels[0] ?? '').replace('ISO 2022 IR', 'ISO_IR') };
  let halves = [{ half: 0 }, first];
  let text = '';
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === 27) {
      const escape = escapes.find(({ code }) => bytes.toString('latin1', at + 1, at + 1 + code.length) === code);
      if (escape) {
        halves[escape.half] = escape;
        at += 1 + escape.code.length;
        continue;
      }
    }
    const byte = bytes[at];
    const { set, width = 1 } = halves[byte < 128 ? 0 : 1];
    if (width === 2 && byte > 32) {
      text += set === 'x-0212' ? '\ufffd' : decoder(set).decode(Buffer.from([byte | 128, bytes[at + 1] | 128]));
    } else {
      text += byte < 128 && !set ? String.fromCharCode(byte) : decodeSingle(bytes.subarray(at, at + 1), set);
    }
    // A delimiter brings the first sets back (PS3.5 §6.1.2.5.3).
    if (width === 1 && '^=\\\r\n'.includes(String.fromCharCode(byte))) halves = [{ half: 0 }, first];
    at += width === 2 && byte > 32 ? 2 : 1;
  }
  return text;
}

const tables = new Map();
// Character to bytes, for one set.
function table(set) {
  if (tables.has(set)) return tables.get(set);
  const made = new Map();
  const put = (bytes, text) => { if ([...text].length === 1 && text !== '\ufffd' && !made.has(text)) made.set(text, bytes); };
  if (set.startsWith('ISO_IR') || set === 'windows-1252') {
    for (let byte = set === 'ISO_IR 13' ? 0xa1 : 0x80; byte < (set === 'ISO_IR 13' ? 0xe0 : 256); ++byte) put([byte], decodeSingle(Buffer.from([byte]), set));
  } else {
    const wide = set === 'gb18030' || set === 'gbk';
    for (let lead = wide ? 0x81 : 0xa1; lead < 0xff; ++lead)
      for (let trail = wide ? 0x40 : 0xa1; trail < 0xff; ++trail) put([lead, trail], decoder(set).decode(Buffer.from([lead, trail])));
  }
  tables.set(set, made);
  return made;
}

/// Text as bytes, undefined where the sets cannot say it. `labels` as for decodeText; none: ASCII.
export function encodeText(text, labels = []) {
  if (/^[\0-\x7f]*$/.test(text)) return Buffer.from(text, 'latin1');
  if (labels.length > 1 || labels.some((label) => label.startsWith('ISO 2022'))) return encodeEscaped(text, labels);
  const [set] = labels;
  if (set === 'ISO_IR 192') return Buffer.from(text, 'utf8');
  if (set === undefined) return undefined;
  const known = table(multiByte[set] ?? set);
  const bytes = [];
  for (const character of text) {
    const code = character < '\x80' ? [character.charCodeAt(0)] : known.get(character);
    if (!code) return undefined;
    bytes.push(...code);
  }
  return Buffer.from(bytes);
}

function encodeEscaped(text, labels) {
  const first = (labels[0] ?? '').replace('ISO 2022 IR', 'ISO_IR');
  const bytes = [];
  let low = '(B';
  let high = '';
  for (const character of text) {
    if (character < '\x80') {
      if (low !== '(B') bytes.push(27, ...Buffer.from('(B'));
      low = '(B';
      bytes.push(character.charCodeAt(0));
      if ('^=\\\r\n'.includes(character)) high = '';
      continue;
    }
    const plain = /^ISO_IR \d/.test(first) && first !== 'ISO_IR 6' && !high && table(first).get(character);
    const other = plain ? undefined : labels.map((label) => extensions[label]).filter(Boolean).map((code) => escapes.find((e) => e.code === code))
      .map((escape) => ({ escape, found: table(escape.set).get(character) })).find(({ found }) => found);
    if (!plain && !other) return undefined;
    if (plain) {
      bytes.push(...plain);
      continue;
    }
    const { code, half } = other.escape;
    if ((half ? high : low) !== code) bytes.push(27, ...Buffer.from(code));
    if (half) high = code;
    else low = code;
    bytes.push(...other.found.map((byte) => (half ? byte : byte & 127)));
  }
  if (low !== '(B') bytes.push(27, ...Buffer.from('(B'));
  return Buffer.from(bytes);
}
