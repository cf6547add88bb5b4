// A DIMSE archive that does wrong on purpose: C-ECHO, C-FIND by UIDs, C-GET and C-MOVE of what it is loaded with, and switches.
import { createConnection, createServer } from 'node:net';
import { connect as connectByTls } from 'node:tls';
import { readValues } from '../dimse_js/data_set.mjs';
import { honest, pending, reply, Retrieve, store, success } from '../dimse_js/sub_operations.mjs';
import { commands, Link } from '../dimse_js/upper_layer.mjs';

const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';
const get = '1.2.840.10008.5.1.4.1.2.2.3';
const move = '1.2.840.10008.5.1.4.1.2.2.2';
const find = '1.2.840.10008.5.1.4.1.2.2.1';
const services = ['1.2.840.10008.1.1', find, get, move];

const tags = { level: 0x00080052, sop: 0x00080018, sopClass: 0x00080016, modality: 0x00080060, date: 0x00080020, modalities: 0x00080061,
  patientName: 0x00100010, patientId: 0x00100020, study: 0x0020000d, series: 0x0020000e, seriesInStudy: 0x00201206, instancesInStudy: 0x00201208,
  instancesInSeries: 0x00201209, available: 0x00083002 };

/// What it can do wrong besides what Retrieve can.
const own = {
  rejects: () => undefined,  // an association: [result, source, reason] of an A-ASSOCIATE-RJ
  refuses: () => false,      // a presentation context, by abstract and transfer syntax
  counts: true,              // C-FIND: Number of … Related …
  tellsSyntax: false,        // C-FIND: Available Transfer Syntax UID
  moveAnswer: undefined,     // C-MOVE: {status, comment} at once, and nothing else
  calls: 'PONS_MOVE',        // C-MOVE: the AE title that it sends to
};

export class HostileArchive {
  #links = new Set();
  #stores = [];  // associations that it opened
  #late = [];
  #server;
  operations = 0;    // retrieves that began
  finds = { STUDY: 0, SERIES: 0, IMAGE: 0 };  // by level
  mostAtOnce = 0;    // associations that it was asked for
  blocked = false;   // a data set cannot be sent on
  underWay = 0;      // of them, now
  heard = [];        // 'cancel', 'abort', 'gone': how retrieves were ended by the other side
  storeStatuses = [];
  aet = 'HOSTILE';

  constructor(instances, does = {}) {
    this.instances = instances;
    this.does = { ...honest, ...own, ...does };
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

  /// Where C-MOVE sends, whatever the destination; `tls`: by TLS, with these options of node:tls.
  sendsTo(port, tls) {
    this.storePort = port;
    this.storeTls = tls;
    return this;
  }

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
    ++this.finds[keys.get(tags.level)];
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
      if (unit === 'sop') Object.assign(values, { sop: row.sop, sopClass: row.sopClass, ...(this.does.tellsSyntax ? { available: row.syntax } : {}) });
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
    if (this.does.moveAnswer && command.command === commands.moveRq) {
      const { status, comment } = this.does.moveAnswer;
      return link.send(context, { ...reply(command, status), comment });
    }
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
    const at = { port: this.storePort, host: '127.0.0.1' };
    const link = new Link(this.storeTls ? connectByTls({ servername: 'localhost', ...at, ...this.storeTls }) : createConnection(at));
    this.#stores.push(link);
    link.onWait = (waits) => { this.blocked = waits; };
    const pairs = new Map(instances.map((i) => [`${i.sopClass} ${i.syntax}`, [i.sopClass, i.syntax]]));
    await link.request(this.does.calls, this.aet, [...pairs.values()]);
    return link;
  }
}

const vrs = { [tags.level]: 'CS', [tags.sop]: 'UI', [tags.sopClass]: 'UI', [tags.modality]: 'CS', [tags.modalities]: 'CS', [tags.date]: 'DA', [tags.patientName]: 'PN',
  [tags.patientId]: 'LO', [tags.study]: 'UI', [tags.series]: 'UI', [tags.seriesInStudy]: 'IS', [tags.instancesInStudy]: 'IS', [tags.instancesInSeries]: 'IS', [tags.available]: 'UI' };

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
