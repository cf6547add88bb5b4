// One who finds by C-FIND and retrieves by C-GET or C-MOVE in the Study Root model, and can negotiate what DCMTK's tools do not.
import { connect } from 'node:net';
import { readValues } from '../../support/dimse_js/data_set.mjs';
import { commands, Link } from '../../support/dimse_js/upper_layer.mjs';

const explicit = '1.2.840.10008.1.2.1';
const implicit = '1.2.840.10008.1.2';
export const models = { get: '1.2.840.10008.5.1.4.1.2.2.3', move: '1.2.840.10008.5.1.4.1.2.2.2', find: '1.2.840.10008.5.1.4.1.2.2.1' };
const tags = { StudyInstanceUID: [0x20, 0x0d], SeriesInstanceUID: [0x20, 0x0e], SOPInstanceUID: [0x08, 0x18], PatientID: [0x10, 0x20] };

// Implicit VR Little Endian; elements in their order.
function identifier(level, keys) {
  const elements = [[[0x08, 0x52], level], ...Object.entries(keys).map(([name, value]) => [tags[name], value])].sort(([a], [b]) => a[0] - b[0] || a[1] - b[1]);
  return Buffer.concat(elements.flatMap(([[group, number], text]) => {
    const value = Buffer.from(text.length % 2 ? `${text}${number === 0x52 || group === 0x10 ? ' ' : '\0'}` : text);
    const head = Buffer.from([group, 0, number, 0, 0, 0, 0, 0]);
    head.writeUInt32LE(value.length, 4);
    return [head, value];
  }));
}

/// One C-FIND of CT1 at `port`: {agreed, next(), all(), release()}. `next` waits for one response, {status, comment, uids: [study, series,
/// instance]}; `all` for the rest, as {status, comment, rows: uids of each}.
export async function beginFind(port, called, level, keys, { extended } = {}) {
  const link = new Link(connect(port, '127.0.0.1'));
  const agreed = await link.request(called, 'CT1', [[models.find, implicit]], extended ? [[models.find, Buffer.from(extended)]] : []);
  const sent = identifier(level, keys);
  await link.send(1, { affectedSopClass: models.find, command: commands.findRq, messageId: 3, priority: 0 }, { pieces: [sent], length: sent.length });
  const next = async () => {
    const { command, data } = await link.message();
    const values = data ? readValues(data, implicit) : undefined;
    const text = (tag) => values?.get(tag) ?? '';
    return { status: command.status.toString(16).toUpperCase().padStart(4, '0'), comment: command.comment, uids: [0x0020000d, 0x0020000e, 0x00080018].map(text) };
  };
  const all = async () => {
    const rows = [];
    for (;;) {
      const { status, comment, uids } = await next();
      if (!status.startsWith('FF')) return { status, comment, rows };
      rows.push(uids);
    }
  };
  return { agreed: agreed.map(([uid, bytes]) => [uid, [...bytes]]), next, all, release: () => link.release() };
}

/// One retrieve of CT1 at `port`, by C-MOVE with a `destination`: {status, comment, completed, failed, taken: UIDs, agreed}. `extended`:
/// bytes of the extended negotiation, of which `agreed` is the answer; `classes`: whose SCP it is.
export async function retrieve(port, called, level, keys, { destination, extended, classes = [] } = {}) {
  const link = new Link(connect(port, '127.0.0.1'));
  const model = destination ? models.move : models.get;
  const agreed = await link.request(called, 'CT1', [[model, implicit], ...classes.map((uid) => [uid, explicit])], extended ? [[model, Buffer.from(extended)]] : [],
    classes.map((uid) => [uid, 0, 1]));
  const sent = identifier(level, keys);
  await link.send(1, { affectedSopClass: model, command: destination ? commands.moveRq : commands.getRq, messageId: 3, priority: 0, ...(destination ? { destination } : {}) },
    { pieces: [sent], length: sent.length });
  const taken = [];
  for (;;) {
    const { command, context } = await link.message();
    if (command.command === commands.storeRq) {
      taken.push(command.affectedSopInstance);
      await link.send(context, { affectedSopClass: command.affectedSopClass, command: commands.storeRsp, respondsTo: command.messageId, status: 0, affectedSopInstance: command.affectedSopInstance });
    } else if (command.status !== 0xff00) {
      await link.release();
      return { status: command.status.toString(16).toUpperCase().padStart(4, '0'), comment: command.comment, completed: command.completed, failed: command.failed, taken: taken.sort(),
        agreed: agreed.map(([uid, bytes]) => [uid, [...bytes]]) };
    }
  }
}
