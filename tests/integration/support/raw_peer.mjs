// A DICOM peer that says bytes, for what no toolkit would say, and hears PDUs.
import { connect } from 'node:net';
import { associate, item, pdu, readCommand, userInformation, wrapped, writeCommand } from '../../support/dimse_js/upper_layer.mjs';

export const uids = { verification: '1.2.840.10008.1.1', find: '1.2.840.10008.5.1.4.1.2.2.1', move: '1.2.840.10008.5.1.4.1.2.2.2', get: '1.2.840.10008.5.1.4.1.2.2.3',
  secondaryCapture: '1.2.840.10008.5.1.4.1.1.7', implicit: '1.2.840.10008.1.2', explicit: '1.2.840.10008.1.2.1', jpeg: '1.2.840.10008.1.2.4.50' };

/// An A-ASSOCIATE-RQ for contexts [[id, abstract syntax, [transfer syntaxes]], …].
export function associateRq({ called = 'WEB', calling = 'CT1', contexts = [[1, uids.verification, [uids.implicit]], [3, uids.find, [uids.explicit]]], roles = [] } = {}) {
  return associate(pdu.associateRq, called, calling, [...contexts.map(([id, abstract, transfers]) =>
    item(0x20, Buffer.from([id, 0, 0, 0]), item(0x30, abstract), ...transfers.map((uid) => item(0x40, uid)))), userInformation(roles)]);
}

/// A PDV, which may say another length than it has. `control`: 1 of a command, 2 the last.
export function pdv(context, control, bytes, length = bytes.length + 2) {
  const head = Buffer.from([0, 0, 0, 0, context, control]);
  head.writeUInt32BE(length >>> 0);
  return Buffer.concat([head, bytes]);
}

/// A P-DATA-TF of these PDVs, which may say another length than it has.
export function data(pdvs, length) {
  const whole = wrapped(pdu.data, Buffer.concat(pdvs));
  if (length !== undefined) whole.writeUInt32BE(length, 2);
  return whole;
}

/// A command as a whole message; `withData`: one whose data set is to follow.
export const command = (context, fields, withData = false) => data([pdv(context, 3, writeCommand({ ...fields, dataSetType: withData ? 1 : 0x0101 }))]);
export const echoRq = (context = 1, messageId = 1) => command(context, { affectedSopClass: uids.verification, command: 0x0030, messageId });
export const findRq = (context = 3, messageId = 2) => command(context, { affectedSopClass: uids.find, command: 0x0020, messageId, priority: 0 }, true);
export const release = wrapped(pdu.releaseRq, Buffer.alloc(4));
export const abort = wrapped(pdu.abort, Buffer.alloc(4));

/// An identifier in Explicit VR Little Endian; `patient` and `study` may be left out, `more` stands behind them.
export function identifier({ level = 'STUDY', patient, study, more = Buffer.alloc(0) }) {
  const one = (group, element, vr, text) => {
    const value = Buffer.from(text.length % 2 ? text + (vr === 'UI' ? '\0' : ' ') : text, 'latin1');
    const head = Buffer.from([group & 255, group >> 8, element & 255, element >> 8, vr.charCodeAt(0), vr.charCodeAt(1), value.length & 255, value.length >> 8]);
    return Buffer.concat([head, value]);
  };
  return Buffer.concat([one(8, 0x52, 'CS', level), ...(patient ? [one(0x10, 0x20, 'LO', patient)] : []), ...(study ? [one(0x20, 0x0d, 'UI', study)] : []), more]);
}

/// A connected peer: say(bytes), hear() the next PDU {type, body}, or undefined when there is none any more; `gone` resolves then.
export async function rawPeer(port) {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
  socket.setNoDelay(true);
  const peer = { socket };
  let arrived = Buffer.alloc(0);
  let ended = false;
  let wake = () => {};
  socket.on('data', (bytes) => { arrived = Buffer.concat([arrived, bytes]); wake(); });
  peer.gone = new Promise((resolve) => {
    const end = () => { ended = true; wake(); resolve(); };
    socket.on('error', end).on('end', end).on('close', end);
  });
  const bytes = async (count) => {
    while (arrived.length < count) {
      if (ended) return undefined;
      await new Promise((resolve) => { wake = resolve; });
    }
    const taken = arrived.subarray(0, count);
    arrived = arrived.subarray(count);
    return taken;
  };
  return Object.assign(peer, {
    say: (what) => { if (!socket.destroyed) socket.write(what); },
    close: () => socket.destroy(),
    async hear() {
      const head = await bytes(6);
      if (!head) return undefined;
      const body = await bytes(head.readUInt32BE(2));
      return body && { type: head[0], body: Buffer.from(body) };
    },
    /// The next command; undefined when something else was said, or nothing any more.
    async answer() {
      const heard = await this.hear();
      return heard?.type === pdu.data && heard.body[5] === 3 ? readCommand(heard.body.subarray(6)) : undefined;
    },
    /// The association is asked for, and accepted.
    async associate(how) {
      this.say(associateRq(how));
      const answer = await this.hear();
      if (answer?.type !== pdu.associateAc) throw new Error(`PDU ${answer?.type} for an association request`);
      return answer.body;
    },
  });
}

/// Results of presentation contexts, by id, of an A-ASSOCIATE-AC.
export function resultsIn(body) {
  const results = {};
  for (let at = 68; at + 4 <= body.length; at += 4 + body.readUInt16BE(at + 2)) if (body[at] === 0x21) results[body[at + 4]] = body[at + 6];
  return results;
}

/// One C-ECHO from the connection to the release, and how many milliseconds it took.
export async function timedEcho(port, how) {
  const begun = performance.now();
  const peer = await rawPeer(port);
  await peer.associate(how);
  peer.say(echoRq());
  const answer = await peer.answer();
  peer.say(release);
  await peer.hear();
  const took = performance.now() - begun;
  peer.close();
  if (answer?.status !== 0) throw new Error(`C-ECHO: ${answer?.status}`);
  return took;
}
