// A DIMSE archive that does wrong on purpose: C-ECHO, C-FIND by UIDs, C-GET and C-MOVE of what it is loaded with, and switches.
import { createConnection, createServer } from 'node:net';
import { readValues } from './instances.mjs';
import { commands, Link } from './upper_layer.mjs';

const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';
const get = '1.2.840.10008.5.1.4.1.2.2.3';
const move = '1.2.840.10008.5.1.4.1.2.2.2';
const find = '1.2.840.10008.5.1.4.1.2.2.1';
const services = ['1.2.840.10008.1.1', find, get, move];
const [success, pending, cancelled, someFailed, allFailed] = [0x0000, 0xff00, 0xfe00, 0xb000, 0xa702];

const tags = { level: 0x00080052, sop: 0x00080018, sopClass: 0x00080016, modality: 0x00080060, date: 0x00080020, modalities: 0x00080061,
  patientName: 0x00100010, patientId: 0x00100020, study: 0x0020000d, series: 0x0020000e, seriesInStudy: 0x00201206, instancesInStudy: 0x00201208,
  instancesInSeries: 0x00201209 };

/// What it can do wrong. The functions are asked for each sub-operation with {instance, index, count, request, operation}: `request` has
/// the UIDs that were asked for, `operation` counts the retrieves of this archive from 0.
const honest = {
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
  pendings: true,            // a response after each
  rejects: () => undefined,  // an association: [result, source, reason] of an A-ASSOCIATE-RJ
  refuses: () => false,      // a presentation context, by abstract and transfer syntax
  fragments: undefined,      // (stream, offset) => the length of the next PDV
  originator: true,          // C-MOVE: told on each C-STORE
  associations: 'one',       // C-MOVE: 'one', or 'each': one per instance
  counts: true,              // C-FIND: Number of … Related …
};

export class HostileArchive {
  #links = new Set();
  #stores = [];  // associations that it opened
  #late = [];
  #server;
  operations = 0;    // retrieves that began
  mostAtOnce = 0;    // associations that it was asked for
  blocked = false;   // a data set cannot be sent on
  underWay = 0;      // of them, now
  heard = [];        // 'cancel', 'abort', 'gone': how retrieves were ended by the other side
  storeStatuses = [];
  aet = 'HOSTILE';

  constructor(instances, does = {}) {
    this.instances = instances;
    this.does = { ...honest, ...does };
  }

  async start() {
    this.#server = createServer((socket) => {
      const link = new Link(socket);
      this.#links.add(link);
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#links.size);
      link.onWait = (waits) => { this.blocked = waits; };
      socket.on('close', () => this.#links.delete(link));
      this.#serve(link).catch(() => {}).finally(() => socket.destroySoon());
    });
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    return this;
  }

  /// Where C-MOVE sends, whatever the destination.
  sendsTo(port) { this.storePort = port; return this; }

  get connections() { return this.#links.size; }
  get sent() { return [...this.#links, ...this.#stores].reduce((sum, link) => sum + link.sent, 0); }

  async stop() {
    for (const link of this.#links) link.socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  ofStudy(uid) { return this.instances.filter((i) => i.study === uid); }

  async #serve(link) {
    const request = await link.accept((asked) => {
      const reject = this.does.rejects(asked);
      if (reject) return { reject };
      return asked.contexts.map(({ abstractSyntax, transferSyntaxes }) => {
        const known = services.includes(abstractSyntax) ? [implicit, explicit]
          : this.instances.filter((i) => i.sopClass === abstractSyntax).map((i) => i.syntax);
        return transferSyntaxes.find((syntax) => known.includes(syntax) && !this.does.refuses(abstractSyntax, syntax));
      });
    });
    if (!request) return;
    link.calling = request.calling;
    for (let message = await link.message(); message; message = await link.message()) {
      const { command } = message;
      if (command.command === commands.echoRq) await link.send(message.context, reply(command, success));
      if (command.command === commands.findRq) await this.#find(link, message);
      if (command.command === commands.getRq || command.command === commands.moveRq) await this.#retrieve(link, message);
    }
  }

  // --- C-FIND ---

  async #find(link, { context, command, data }) {
    const { transferSyntax } = link.contexts.get(context);
    const keys = readValues(data, transferSyntax, 0xffffffff);
    const matching = this.instances.filter((i) => ['study', 'series', 'sop'].every((key) => {
      const wanted = keys.get(tags[key]);
      return !wanted || wanted.split('\\').includes(i[key]);
    }));
    const unit = { STUDY: 'study', SERIES: 'series', IMAGE: 'sop' }[keys.get(tags.level)];
    const rows = new Map(matching.map((i) => [i[unit], i]));
    const count = (of, by) => `${new Set(this.instances.filter((i) => i[by] === of[by]).map((i) => i[unit === 'study' ? 'series' : 'sop'])).size}`;
    for (const row of rows.values()) {
      const values = { level: keys.get(tags.level), study: row.study, date: '20200102', patientName: 'Made^Up', patientId: 'MADE-1' };
      if (unit !== 'study') Object.assign(values, { series: row.series, modality: row.modality });
      else values.modalities = row.modality;
      if (unit === 'sop') Object.assign(values, { sop: row.sop, sopClass: row.sopClass });
      if (this.does.counts && unit === 'study') {
        values.seriesInStudy = count(row, 'study');
        values.instancesInStudy = `${this.ofStudy(row.study).length}`;
      }
      if (this.does.counts && unit === 'series') values.instancesInSeries = count(row, 'series');
      const present = Object.entries(values).filter(([name]) => keys.has(tags[name]) || name === 'level');
      const bytes = writeDataSet(present.map(([name, value]) => [tags[name], value]), transferSyntax);
      await link.send(context, reply(command, pending), { pieces: [bytes], length: bytes.length });
    }
    await link.send(context, reply(command, success));
  }

  // --- C-GET and C-MOVE ---

  async #retrieve(link, { context, command, data }) {
    const { transferSyntax } = link.contexts.get(context);
    const keys = readValues(data, transferSyntax, 0xffffffff);
    const request = { study: keys.get(tags.study), series: keys.get(tags.series) || undefined, sop: keys.get(tags.sop) || undefined };
    const wanted = this.instances.filter((i) => ['study', 'series', 'sop'].every((key) => !request[key] || request[key].split('\\').includes(i[key])));
    const operation = this.operations++;
    ++this.underWay;
    const one = new Retrieve(this, link, { context, command, request, wanted, operation, late: this.#late });
    try {
      await one.run();
    } catch (error) {
      this.heard.push(link.aborted ? 'abort' : 'gone');
      throw error;
    } finally {
      --this.underWay;
      one.close();
    }
  }

  /// Sends what was kept back, on associations of its own (C-MOVE); gives the statuses of the answers.
  async sendLate() {
    const statuses = [];
    for (const { instance, options } of this.#late.splice(0)) {
      const link = await this.openStore([instance]);
      statuses.push(await store(link, instance, options));
      await link.release();
    }
    return statuses;
  }

  async openStore(instances) {
    const link = new Link(createConnection(this.storePort, '127.0.0.1'));
    this.#stores.push(link);
    link.onWait = (waits) => { this.blocked = waits; };
    const pairs = new Map(instances.map((i) => [`${i.sopClass} ${i.syntax}`, [i.sopClass, i.syntax]]));
    await link.request('PONS_MOVE', this.aet, [...pairs.values()]);
    return link;
  }
}

let messageIds = 0;

// One C-STORE; gives its status, undefined when no context fits.
async function store(link, instance, { originator, originatorId, cut, stopAfter } = {}) {
  const found = [...link.contexts].find(([, c]) => c.abstractSyntax === instance.sopClass && c.transferSyntax === instance.syntax);
  if (!found) return undefined;
  const messageId = messageIds = (messageIds % 65535) + 1;
  await link.send(found[0], { affectedSopClass: instance.sopClass, command: commands.storeRq, messageId, priority: 0,
    affectedSopInstance: instance.sop, originator, originatorId }, { pieces: instance.pieces(), length: instance.length, cut, stopAfter });
  if (stopAfter !== undefined) return 'aborted';
  for (;;) {
    const answer = await link.message();
    if (!answer) throw new Error('released in the middle');
    if (answer.command.command === commands.cancelRq) link.cancelled = true;
    else if (answer.command.command === commands.storeRsp && answer.command.respondsTo === messageId) return answer.command.status;
  }
}

class Retrieve {
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
    if (does.pendings && !this.finished) await this.#respond(pending, this.wanted.length - at.index - 1);
  }

  async #store(instance, options) {
    const channel = this.isGet ? this.link : this.channel ??= await this.archive.openStore([...this.wanted, instance]);
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
    await this.#respond(finalStatus === undefined ? (this.does.counters === 'right' ? right : success) : finalStatus, undefined);
  }

  async #respond(status, remaining) {
    const { completed, failed } = this.counts;
    const counters = { right: { remaining, completed, failed, warnings: 0 }, wrong: { remaining, completed, failed, warnings: 0 },
      zero: { remaining: 0, completed: 0, failed: 0, warnings: 0 }, absent: {} }[this.does.counters];
    await this.link.send(this.context, { ...reply(this.command, status), ...counters });
  }
}

const reply = ({ affectedSopClass, command, messageId }, status) => ({ affectedSopClass, command: command | 0x8000, respondsTo: messageId, status });

const vrs = { [tags.level]: 'CS', [tags.sop]: 'UI', [tags.sopClass]: 'UI', [tags.modality]: 'CS', [tags.modalities]: 'CS', [tags.date]: 'DA', [tags.patientName]: 'PN',
  [tags.patientId]: 'LO', [tags.study]: 'UI', [tags.series]: 'UI', [tags.seriesInStudy]: 'IS', [tags.instancesInStudy]: 'IS', [tags.instancesInSeries]: 'IS' };

function writeDataSet(values, syntax) {
  return Buffer.concat(values.sort(([a], [b]) => a - b).flatMap(([tag, text]) => {
    const value = Buffer.from(text.length % 2 ? text + (vrs[tag] === 'UI' ? '\0' : ' ') : text, 'latin1');
    const head = Buffer.alloc(8);
    head.writeUInt16LE(tag >>> 16, 0);
    head.writeUInt16LE(tag & 0xffff, 2);
    if (syntax === implicit) {
      head.writeUInt32LE(value.length, 4);
    } else {
      head.write(vrs[tag], 4, 'latin1');
      head.writeUInt16LE(value.length, 6);
    }
    return [head, value];
  }));
}
