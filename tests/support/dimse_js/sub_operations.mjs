// The sub-operations of C-GET and C-MOVE (PS3.4 §C.4.2, C.4.3), done rightly or wrongly.
import { commands } from './upper_layer.mjs';

export const [success, pending, cancelled, someFailed, allFailed] = [0x0000, 0xff00, 0xfe00, 0xb000, 0xa702];

/// What can go wrong. The functions are asked for each sub-operation with {instance, index, count, request, operation}: `request` has
/// the UIDs that were asked for, `operation` counts the retrieves of an archive from 0.
export const honest = {
  waits: async () => {},     // before it does anything about it
  drops: () => false,        // does not send it
  counters: 'right',         // 'right': dropped ones failed; 'wrong': they were completed; 'zero'; 'absent'
  finalStatus: undefined,    // instead of the right one
  twice: () => false,        // sends it again at once
  instead: () => undefined,  // another instance, under its own UIDs
  abortsBefore: () => false, // A-ABORT
  abortsInside: () => false, // the same after half of the data set
  finalBefore: () => false,  // the final response goes before this one
  silentFrom: () => false,   // nothing more from here on; asked with index count for the final response too
  late: () => false,         // kept back until sendLate()
  pendings: true,            // a response after each; may be a function
  fragments: undefined,      // (stream, offset) => the length of the next PDV
  originator: true,          // C-MOVE: told on each C-STORE
  associations: 'one',       // C-MOVE: 'one', or 'each': one per instance
};

let messageIds = 0;

/// One C-STORE; gives its status, undefined when no context fits. `instance.fitting(contexts)`, if there is such a thing, gives it in the
/// syntax to send.
export async function store(link, instance, { originator, originatorId, cut, stopAfter } = {}) {
  const { sop, sopClass, syntax, length, pieces } = instance.fitting?.([...link.contexts.values()]) ?? instance;
  const found = [...link.contexts].find(([, c]) => c.abstractSyntax === sopClass && c.transferSyntax === syntax);
  if (!found) return undefined;
  const messageId = messageIds = (messageIds % 65535) + 1;
  await link.send(found[0], { affectedSopClass: sopClass, command: commands.storeRq, messageId, priority: 0,
    affectedSopInstance: sop, originator, originatorId }, { pieces: pieces(), length, cut, stopAfter });
  if (stopAfter !== undefined) return 'aborted';
  for (;;) {
    const answer = await link.message();
    if (!answer) throw new Error('released in the middle');
    if (answer.command.command === commands.cancelRq) link.cancelled = true;
    else if (answer.command.command === commands.storeRsp && answer.command.respondsTo === messageId) return answer.command.status;
  }
}

/// One C-GET or C-MOVE: the sub-operations, and the responses that go with them. `archive` has `does`, `openStore(instances, retrieve)`,
/// `storeStatuses` and `heard`; `details`: {context, command, request, wanted, operation, late}.
export class Retrieve {
  counts = { completed: 0, failed: 0 };
  finished = false;

  constructor(archive, link, details) {
    Object.assign(this, details, { archive, link, does: archive.does });
    this.isGet = this.command.command === commands.getRq;
  }

  async run() {
    for (const [index, instance] of this.wanted.entries()) {
      const at = { instance, index, count: this.wanted.length, request: this.request, operation: this.operation };
      await this.does.waits(at);
      if (this.does.silentFrom(at)) return this.#listen();
      if (this.does.abortsBefore(at)) return this.link.abort();
      if (this.does.finalBefore(at)) await this.#final();
      await this.#one(at);
      if (await this.#wasCancelled()) return undefined;
    }
    if (this.does.silentFrom({ index: this.wanted.length, count: this.wanted.length, request: this.request, operation: this.operation }))
      return this.#listen();
    if (!this.finished) await this.#final();
    return undefined;
  }

  async #one(at) {
    const { does } = this;
    const instance = does.instead(at) ?? at.instance;
    const options = { cut: does.fragments, stopAfter: does.abortsInside(at) ? Math.floor(instance.length / 2) : undefined };
    if (!this.isGet && does.originator) Object.assign(options, { originator: this.link.calling, originatorId: this.command.messageId });
    if (does.late(at)) {
      this.late.push({ instance, options });
      ++this.counts.completed;
      return;
    }
    let stored = !does.drops(at);
    const times = stored && does.twice(at) ? 2 : 1;
    for (let n = 0; stored && n < times; ++n) {
      const status = await this.#store(instance, options);
      if (status === 'aborted') return;
      this.archive.storeStatuses.push(status);
      stored = status === success;
      if (!this.isGet && does.associations === 'each') await this.#closeChannel();
    }
    stored ||= does.drops(at) && does.counters === 'wrong';
    ++this.counts[stored ? 'completed' : 'failed'];
    const pendings = typeof does.pendings === 'function' ? does.pendings(at) : does.pendings;
    if (pendings && !this.finished) await this.#respond(pending, this.wanted.length - at.index - 1);
  }

  async #store(instance, options) {
    const channel = this.isGet ? this.link : this.channel ??= await this.archive.openStore([...this.wanted, instance], this);
    const status = await store(channel, instance, options);
    if (status !== 'aborted') return status;
    // What comes of it is another matter: a C-GET is over, a C-MOVE goes on over another association.
    if (this.isGet) throw new Error('aborted by itself');
    this.channel = undefined;
    ++this.counts.failed;
    return status;
  }

  async #closeChannel() {
    await this.channel?.release();
    this.channel = undefined;
  }

  close() {
    if (this.channel && !this.channel.ended) this.channel.release().catch(() => {});
    this.channel = undefined;
  }

  // A C-CANCEL lies in the way, or came while a C-STORE was answered.
  async #wasCancelled() {
    if (!this.link.cancelled && this.link.waiting) {
      const message = await this.link.message();
      if (!message) throw new Error('released in the middle');
      this.link.cancelled = message.command.command === commands.cancelRq;
    }
    if (!this.link.cancelled) return false;
    this.archive.heard.push('cancel');
    this.link.cancelled = false;
    if (!this.finished) await this.#respond(cancelled, 0);
    return true;
  }

  // Says nothing more until the other side has had enough.
  async #listen() {
    for (let message = await this.link.message(); message; message = await this.link.message())
      if (message.command.command === commands.cancelRq) this.archive.heard.push('cancel');
  }

  async #final() {
    this.finished = true;
    const right = this.counts.failed === 0 ? success : this.counts.completed > 0 ? someFailed : allFailed;
    const { finalStatus } = this.does;
    this.status = finalStatus === undefined ? (this.does.counters === 'right' ? right : success) : finalStatus;  // as answered
    await this.#respond(this.status, undefined);
  }

  async #respond(status, remaining) {
    const { completed, failed } = this.counts;
    const counters = { right: { remaining, completed, failed, warnings: 0 }, wrong: { remaining, completed, failed, warnings: 0 },
      zero: { remaining: 0, completed: 0, failed: 0, warnings: 0 }, absent: {} }[this.does.counters];
    await this.link.send(this.context, { ...reply(this.command, status), ...counters });
  }
}

export const reply = ({ affectedSopClass, command, messageId }, status) => ({ affectedSopClass, command: command | 0x8000, respondsTo: messageId, status });
