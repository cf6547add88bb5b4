// The DICOM Upper Layer (PS3.8 §9) and DIMSE messages (PS3.7 §6.3, §9.3) by hand, over node's sockets: shares nothing with what it is
// to test, and can say what no toolkit would. Checked by DCMTK's tools in hostile.test.mjs and by those of the quirk archive.
const applicationContext = '1.2.840.10008.3.1.1.1';
const implementation = '1.2.826.0.1.3680043.10.1.1';

export const pdu = { associateRq: 1, associateAc: 2, associateRj: 3, data: 4, releaseRq: 5, releaseRp: 6, abort: 7 };
export const commands = { storeRq: 0x0001, storeRsp: 0x8001, getRq: 0x0010, getRsp: 0x8010, findRq: 0x0020, findRsp: 0x8020,
  moveRq: 0x0021, moveRsp: 0x8021, echoRq: 0x0030, echoRsp: 0x8030, cancelRq: 0x0fff };

// --- command sets: Implicit VR Little Endian, group 0000 -------------------------------------------------------------------

const elements = { affectedSopClass: [0x0002, 'UI'], requestedSopClass: [0x0003, 'UI'], command: [0x0100, 'US'], messageId: [0x0110, 'US'],
  respondsTo: [0x0120, 'US'], destination: [0x0600, 'AE'], priority: [0x0700, 'US'], dataSetType: [0x0800, 'US'], status: [0x0900, 'US'],
  comment: [0x0902, 'LO'], affectedSopInstance: [0x1000, 'UI'], remaining: [0x1020, 'US'], completed: [0x1021, 'US'], failed: [0x1022, 'US'],
  warnings: [0x1023, 'US'], originator: [0x1030, 'AE'], originatorId: [0x1031, 'US'] };

export function writeCommand(fields) {
  const parts = [];
  for (const [name, [element, vr]] of Object.entries(elements)) {
    if (fields[name] === undefined) continue;
    let value = Buffer.alloc(2);
    if (vr === 'US') value.writeUInt16LE(fields[name]);
    else value = Buffer.from(fields[name].length % 2 ? fields[name] + (vr === 'UI' ? '\0' : ' ') : fields[name], 'latin1');
    const head = Buffer.alloc(8);
    head.writeUInt16LE(element, 2);
    head.writeUInt32LE(value.length, 4);
    parts.push(head, value);
  }
  const body = Buffer.concat(parts);
  const length = Buffer.from([0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]);
  length.writeUInt32LE(body.length, 8);
  return Buffer.concat([length, body]);
}

export function readCommand(bytes) {
  const names = new Map(Object.entries(elements).map(([name, [element, vr]]) => [element, [name, vr]]));
  const fields = {};
  for (let at = 0; at + 8 <= bytes.length;) {
    const known = names.get(bytes.readUInt16LE(at + 2));
    const length = bytes.readUInt32LE(at + 4);
    const value = bytes.subarray(at + 8, at + 8 + length);
    if (known) fields[known[0]] = known[1] === 'US' ? value.readUInt16LE(0) : value.toString('latin1').replace(/[\0 ]+$/, '');
    at += 8 + length;
  }
  return fields;
}

// --- PDUs --------------------------------------------------------------------------------------------------------------------

const title = (text) => Buffer.from(text.padEnd(16), 'latin1');
/// An item of an A-ASSOCIATE PDU, and a whole PDU.
export function item(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  const head = Buffer.from([type, 0, 0, 0]);
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}
export function wrapped(type, body) {
  const head = Buffer.from([type, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
}
export function userInformation(roles, extended = [], maxLength = 131072) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(maxLength);
  const about = (type, uid, bytes) => {
    const size = Buffer.alloc(2);
    size.writeUInt16BE(uid.length);
    return item(type, size, uid, bytes);
  };
  return item(0x50, item(0x51, length), item(0x52, implementation),
    ...roles.map(([uid, scu, scp]) => about(0x54, uid, Buffer.from([scu, scp]))), ...extended.map(([uid, bytes]) => about(0x56, uid, bytes)));
}
/// An A-ASSOCIATE-RQ or -AC of these items; the application context is put before them, `userInformation` is to be the last.
export function associate(type, called, calling, items) {
  return wrapped(type, Buffer.concat([Buffer.from([0, 1, 0, 0]), title(called), title(calling), Buffer.alloc(32), item(0x10, applicationContext), ...items]));
}
function* itemsOf(bytes) {
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16BE(at + 2);
    yield [bytes[at], bytes.subarray(at + 4, at + 4 + length)];
    at += 4 + length;
  }
}

/// {called, calling, contexts: [{id, result, abstractSyntax, transferSyntaxes}], maxLength, roles, extended: [[uid, bytes]], user} of an
/// A-ASSOCIATE-RQ or -AC; `user`: {type, primary, secondary} of the user identity (PS3.7 §D.3.3.7).
function readAssociate(body) {
  const text = (bytes) => bytes.toString('latin1').replace(/[\0 ]+$/, '');
  const read = { called: text(body.subarray(4, 20)).trim(), calling: text(body.subarray(20, 36)).trim(), contexts: [], maxLength: 0, roles: [], extended: [] };
  for (const [type, value] of itemsOf(body.subarray(68))) {
    if (type === 0x20 || type === 0x21) {
      const context = { id: value[0], result: value[2], transferSyntaxes: [] };
      for (const [sub, uid] of itemsOf(value.subarray(4)))
        if (sub === 0x30) context.abstractSyntax = text(uid);
        else context.transferSyntaxes.push(text(uid));
      read.contexts.push(context);
    } else if (type === 0x50) {
      for (const [sub, is] of itemsOf(value)) {
        if (sub === 0x51) read.maxLength = is.readUInt32BE(0);
        if (sub === 0x54) read.roles.push([text(is.subarray(2, 2 + is.readUInt16BE(0))), is.at(-2), is.at(-1)]);
        if (sub === 0x56) read.extended.push([text(is.subarray(2, 2 + is.readUInt16BE(0))), is.subarray(2 + is.readUInt16BE(0))]);
        if (sub === 0x58) {
          const length = is.readUInt16BE(2);
          read.user = { type: is[0], primary: is.toString('utf8', 4, 4 + length), secondary: is.toString('utf8', 6 + length) };
        }
      }
    }
  }
  return read;
}

// --- an association ------------------------------------------------------------------------------------------------------------

/// A connection that speaks PDUs. Reading and writing wait; both throw when the other side has gone.
export class Link {
  #arrived = Buffer.alloc(0);
  #wake = () => {};
  #ended = false;
  contexts = new Map();  // id: {abstractSyntax, transferSyntax}
  aborted = false;       // by the other side, with A-ABORT or by its end in the middle
  released = false;
  sent = 0;              // bytes that the socket was given

  constructor(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#arrived = this.#arrived.length ? Buffer.concat([this.#arrived, bytes]) : bytes;
      this.#wake();
    });
    const end = () => { this.#ended = true; this.#wake(); };
    socket.on('error', end).on('end', end).on('close', end);
  }

  get ended() { return this.#ended; }

  async #bytes(count) {
    while (this.#arrived.length < count) {
      if (this.#ended) throw new Error('the connection ended');
      await new Promise((resolve) => { this.#wake = resolve; });
    }
    const taken = this.#arrived.subarray(0, count);
    this.#arrived = this.#arrived.subarray(count);
    return taken;
  }

  /// Waits for room, so that what is sent stays near what was taken. `onWait` hears of it.
  async write(bytes) {
    if (this.#ended || this.socket.destroyed) throw new Error('the connection ended');
    this.sent += bytes.length;
    if (this.socket.write(bytes)) return;
    this.onWait?.(true);
    await new Promise((resolve) => {
      const go = () => { this.socket.off('drain', go).off('close', go); resolve(); };
      this.socket.on('drain', go).on('close', go);
    });
    this.onWait?.(false);
  }

  async #pdu() {
    const head = await this.#bytes(6);
    const [type, length] = [head[0], head.readUInt32BE(2)];
    return { type, body: Buffer.from(await this.#bytes(length)) };
  }

  #pdvs = [];
  async #pdv() {
    while (!this.#pdvs.length) {
      const { type, body } = await this.#pdu();
      if (type === pdu.releaseRq) {
        this.released = true;
        await this.write(wrapped(pdu.releaseRp, Buffer.alloc(4)));
        this.socket.end();
        return undefined;
      }
      if (type !== pdu.data) {
        this.aborted = true;
        throw new Error(`PDU ${type}`);
      }
      for (let at = 0; at < body.length; at += 4 + body.readUInt32BE(at))
        this.#pdvs.push({ context: body[at + 4], flags: body[at + 5], bytes: body.subarray(at + 6, at + 4 + body.readUInt32BE(at)) });
    }
    return this.#pdvs.shift();
  }

  async #stream(first) {
    const parts = [];
    for (let pdv = first ?? await this.#pdv(); ; pdv = await this.#pdv()) {
      parts.push(pdv.bytes);
      if (pdv.flags & 2) return { bytes: Buffer.concat(parts), context: pdv.context };
    }
  }

  /// The next message: {context, command, data}; undefined when the association was released.
  async message() {
    const first = await this.#pdv();
    if (!first) return undefined;
    const { bytes, context } = await this.#stream(first);
    const command = readCommand(bytes);
    const data = command.dataSetType === 0x0101 ? undefined : (await this.#stream()).bytes;
    return { context, command, data };
  }

  /// Whether something lies there unread.
  get waiting() { return this.#arrived.length > 0 || this.#pdvs.length > 0; }

  /// Sends one message. `pieces`: buffers of the data set, of `length` bytes. `cut(stream, offset)`: how long the next PDV may be;
  /// `stopAfter`: A-ABORT after so many bytes of the data set.
  async send(context, command, { pieces = [], length = 0, cut = () => Infinity, stopAfter = Infinity } = {}) {
    const set = writeCommand({ ...command, dataSetType: length ? 0x0001 : 0x0101 });
    await this.#fragments(context, 1, [set], set.length, cut, 'command');
    if (length && !await this.#fragments(context, 0, pieces, length, cut, 'data', stopAfter)) await this.abort();
  }

  async #fragments(context, kind, pieces, length, cut, stream, stopAfter = Infinity) {
    const longest = (this.maxLength > 12 ? Math.min(this.maxLength, 131072) : 131072) - 6;
    let offset = 0;
    for (const piece of pieces) {
      let gathered = [];  // a PDU of several PDVs
      let size = 0;
      const flush = async () => {
        const head = Buffer.from([pdu.data, 0, 0, 0, 0, 0]);
        head.writeUInt32BE(size, 2);
        this.socket.cork();
        this.socket.write(head);
        const last = gathered.pop();
        for (const each of gathered) this.socket.write(each);
        const waiting = this.write(last);
        process.nextTick(() => this.socket.uncork());
        this.sent += 6 + size - last.length;
        [gathered, size] = [[], 0];
        await waiting;
      };
      for (let at = 0; at < piece.length;) {
        const n = Math.max(0, Math.min(cut(stream, offset, length), longest, piece.length - at));
        const head = Buffer.alloc(6);
        head.writeUInt32BE(n + 2);
        head[4] = context;
        head[5] = kind | (offset + n === length ? 2 : 0);
        if (size > 0 && size + n > longest) await flush();
        gathered.push(head, piece.subarray(at, at + n));
        size += 6 + n;
        [at, offset] = [at + n, offset + n];
        if (offset >= stopAfter) {
          await flush();
          return false;
        }
      }
      await flush();
    }
    return true;
  }

  async abort() {
    await this.write(wrapped(pdu.abort, Buffer.from([0, 0, 0, 0]))).catch(() => {});
    this.socket.end();
  }

  // --- as acceptor ---

  /// `answer(request)` gives {reject: [result, source, reason]}, or for each context its transfer syntax or nothing. `extended(request)`:
  /// what is answered to extended negotiation; `maxLength`: of the PDUs that are wanted.
  async accept(answer, { extended = () => [], maxLength } = {}) {
    const { type, body } = await this.#pdu();
    if (type !== pdu.associateRq) throw new Error(`PDU ${type} first`);
    const request = readAssociate(body);
    this.maxLength = request.maxLength;
    const answered = answer(request);
    if (answered.reject) {
      await this.write(wrapped(pdu.associateRj, Buffer.from([0, ...answered.reject])));
      this.socket.end();
      return undefined;
    }
    const items = request.contexts.map((context, n) => {
      const transferSyntax = answered[n];
      if (transferSyntax) this.contexts.set(context.id, { abstractSyntax: context.abstractSyntax, transferSyntax });
      return item(0x21, Buffer.from([context.id, 0, transferSyntax ? 0 : 3, 0]), item(0x40, transferSyntax ?? context.transferSyntaxes[0]));
    });
    await this.write(associate(pdu.associateAc, request.called, request.calling, [...items, userInformation(request.roles, extended(request), maxLength)]));
    return request;
  }

  // --- as requestor ---

  /// Proposes [[abstract syntax, transfer syntax], …], one context each, extended negotiation [[uid, bytes], …], and roles
  /// [[uid, SCU, SCP], …]; throws when it is rejected. Gives what was answered to extended negotiation.
  async request(called, calling, wanted, extended = [], roles = []) {
    const items = wanted.map(([abstractSyntax, transferSyntax], n) =>
      item(0x20, Buffer.from([2 * n + 1, 0, 0, 0]), item(0x30, abstractSyntax), item(0x40, transferSyntax)));
    await this.write(associate(pdu.associateRq, called, calling, [...items, userInformation(roles, extended)]));
    const { type, body } = await this.#pdu();
    if (type !== pdu.associateAc) throw new Error(`PDU ${type} for an association request`);
    const answer = readAssociate(body);
    this.maxLength = answer.maxLength;
    for (const { id, result, transferSyntaxes } of answer.contexts)
      if (result === 0) this.contexts.set(id, { abstractSyntax: wanted[(id - 1) / 2][0], transferSyntax: transferSyntaxes[0] });
    return answer.extended;
  }

  async release() {
    await this.write(wrapped(pdu.releaseRq, Buffer.alloc(4))).catch(() => {});
    await this.#pdu().catch(() => {});
    this.socket.end();
  }
}
