// One who finds by C-FIND and retrieves by C-GET or C-MOVE, in the Study Root model where nothing else is said, and can negotiate what DCMTK's
// tools do not.
import { connect } from 'node:net';
import { readValues, syntaxes, writeDataSet } from '../../support/dimse_js/data_set.mjs';
import { commands, Link } from '../../support/dimse_js/upper_layer.mjs';
import { byKeyword } from '../../support/quirk_pacs/dictionary.mjs';
import { put } from '../../support/quirk_pacs/model.mjs';

const { explicit, implicit } = syntaxes;
export const models = { get: '1.2.840.10008.5.1.4.1.2.2.3', move: '1.2.840.10008.5.1.4.1.2.2.2', find: '1.2.840.10008.5.1.4.1.2.2.1' };
export const patientModels = { get: '1.2.840.10008.5.1.4.1.2.1.3', move: '1.2.840.10008.5.1.4.1.2.1.2', find: '1.2.840.10008.5.1.4.1.2.1.1' };

/// Keys are {keyword: text, or an object of keys for a sequence}.
function identifier(level, keys) {
  const listed = (wanted) => [typeof wanted === 'object' ? Object.fromEntries(Object.entries(wanted).map(([name, value]) => [name, [value]])) : wanted];
  const set = new Map();
  for (const [keyword, wanted] of Object.entries({ SpecificCharacterSet: 'ISO_IR 192', QueryRetrieveLevel: level, ...keys }))
    put(set, keyword, listed(wanted), ['ISO_IR 192']);
  return writeDataSet(set, implicit);
}

/// One C-FIND of CT1 at `port`: {agreed, next(), all(), release()}. `next` waits for one response, {status, comment, uids: [study, series,
/// instance], value(keyword)}; `all` for the rest, as {status, comment, rows: uids of each, pending: their statuses, values: of each the function}.
export async function beginFind(port, called, level, keys, { extended, model = models.find } = {}) {
  const link = new Link(connect(port, '127.0.0.1'));
  const agreed = await link.request(called, 'CT1', [[model, implicit]], extended ? [[model, Buffer.from(extended)]] : []);
  const sent = identifier(level, keys);
  await link.send(1, { affectedSopClass: model, command: commands.findRq, messageId: 3, priority: 0 }, { pieces: [sent], length: sent.length });
  const next = async () => {
    const { command, data } = await link.message();
    const values = data ? readValues(data, implicit, 0xffffffff) : undefined;
    const value = (keyword) => values?.get(byKeyword.get(keyword).tag) ?? '';
    return { status: command.status.toString(16).toUpperCase().padStart(4, '0'), comment: command.comment, value,
      uids: ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'].map(value) };
  };
  const all = async () => {
    const told = { rows: [], pending: [], values: [] };
    for (;;) {
      const { status, comment, uids, value } = await next();
      if (!status.startsWith('FF')) return { status, comment, ...told };
      told.rows.push(uids);
      told.pending.push(status);
      told.values.push(value);
    }
  };
  return { agreed: agreed.map(([uid, bytes]) => [uid, [...bytes]]), next, all, release: () => link.release() };
}

/// One retrieve of CT1 at `port`, by C-MOVE with a `destination`: {status, comment, completed, failed, taken: UIDs, agreed}. `extended`:
/// bytes of the extended negotiation, of which `agreed` is the answer; `classes`: whose SCP it is; at PATIENT level in the Patient Root model.
export async function retrieve(port, called, level, keys, { destination, extended, classes = [] } = {}) {
  const link = new Link(connect(port, '127.0.0.1'));
  const model = (level === 'PATIENT' ? patientModels : models)[destination ? 'move' : 'get'];
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
