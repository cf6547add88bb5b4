// A peer that accepts associations and talks rubbish, from a seed: A-ASSOCIATE-AC with bytes and lengths changed, put in or too
// large; PDUs whose PDVs do not fit; P-DATA in answer to A-RELEASE-RQ.
import { createServer } from 'node:net';

function item(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  const head = Buffer.from([type, 0, 0, 0]);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

function pdu(type, body, length = body.length) {
  const head = Buffer.from([type, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 2);
  return Buffer.concat([head, body]);
}

export async function startRubbish(seed) {
  let state = seed;
  const below = (n) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % n;
  };

  function acceptance(request, how) {
    const verification = '1.2.840.10008.1.1';
    const sized = (text) => Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text)]);
    let body = Buffer.concat([Buffer.from([0, 1, 0, 0]), request.subarray(10, 42), Buffer.alloc(32), item(0x10, '1.2.840.10008.3.1.1.1'),
      ...[1, 3, 5, 7].map((id) => item(0x21, Buffer.from([id, 0, 0, 0]), item(0x40, '1.2.840.10008.1.2'))),
      item(0x50, item(0x51, Buffer.from([0, 2, 0, 0])), item(0x52, '1.2.3.4'), item(0x54, sized(verification), Buffer.from([0, 1])),
        item(0x56, sized(verification), Buffer.from([1, 2, 3])), item(0x59, sized('abcd')), item(0x55, 'X'))]);
    if (how === 'well') return pdu(2, body);
    for (let left = 1 + below(4); left > 0; --left) {
      const at = 68 + below(body.length - 68);
      if (how === 'bytes') body[at] = below(256);
      else if (how === 'lengths') body.writeUInt16BE([0, 1, 3, 0x7fff, 0xffff][below(5)], Math.min(at, body.length - 2));
      else body = Buffer.concat([body.subarray(0, at), Buffer.alloc(below(3000), below(256)), body.subarray(at)]);
    }
    return pdu(2, body);
  }

  function data() {
    const pdvs = Array.from({ length: 5 }, () => {
      const bytes = Buffer.alloc(below(40), below(256));
      const head = Buffer.alloc(6);
      head.writeUInt32BE(below(4) ? bytes.length + 2 : below(1 << 30));
      head[4] = 1;
      head[5] = below(4);
      return Buffer.concat([head, bytes]);
    });
    const body = Buffer.concat(pdvs);
    return pdu([5, 7, 4, 4, 4, 4][below(6)], body, below(5) ? body.length : below(1 << 20));
  }

  const rubbish = { conversations: 0 };
  const sockets = new Set();
  const server = createServer((socket) => {
    const how = ['bytes', 'lengths', 'more', 'well'][rubbish.conversations++ % 4];
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.once('data', (request) => {
      socket.write(acceptance(request, how));
      socket.on('data', ([type]) => {
        if (type === 4 && how === 'well') socket.write(data());
        if (type === 5) socket.write(pdu(4, Buffer.alloc(40, below(256))));
        if (type === 5 || below(2)) socket.end();
      });
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  rubbish.port = server.address().port;
  rubbish.stop = () => new Promise((resolve) => {
    server.close(resolve);
    sockets.forEach((socket) => socket.destroy());
  });
  return rubbish;
}
