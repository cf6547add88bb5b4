// Multipart answers that fit into memory.
import assert from 'node:assert/strict';

/// {head, body} of each part of a multipart body (RFC 2046 §5.1) that ends with its last boundary.
export function partsOf(answer) {
  const boundary = /boundary="?([^";]+)/.exec(answer.headers['content-type'])[1];
  const parts = [];
  const mark = Buffer.from(`--${boundary}`);
  for (let at = answer.bytes.indexOf(mark); at !== -1;) {
    const from = at + mark.length;
    const next = answer.bytes.indexOf(mark, from);
    if (next === -1) {
      assert.equal(answer.bytes.subarray(from).toString(), '--\r\n', 'the body ends with its last boundary');
      break;
    }
    const head = answer.bytes.indexOf('\r\n\r\n', from);
    parts.push({ head: answer.bytes.subarray(from + 2, head).toString(), body: answer.bytes.subarray(head + 4, next - 2) });
    at = next;
  }
  return parts;
}
