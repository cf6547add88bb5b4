// The DIMSE face: accepts associations, and answers C-ECHO, C-FIND, C-GET, C-MOVE and C-STORE on them.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { syntaxes } from '../dimse_js/data_set.mjs';
import { reply, success } from '../dimse_js/sub_operations.mjs';
import { commands, Link } from '../dimse_js/upper_layer.mjs';
import { readIdentifier, writeRow } from './identifier.mjs';
import { shown } from './log.mjs';
import { Query, search } from './query.mjs';
import { answerRetrieve } from './sub_operations.mjs';

const unrecognized = 0x0211;  // PS3.7 §C.5.18
const verification = '1.2.840.10008.1.1';
const withoutBulkData = '1.2.840.10008.5.1.4.1.2.5.3';
const compositeRoot = '1.2.840.10008.5.1.4.1.2.4.3';
const service = /^1\.2\.840\.10008\.5\.1\.4\.1\.2\.([123])\.([123])$/;
const rootOf = (uid) => ({ [withoutBulkData]: 'instance', [compositeRoot]: 'composite' })[uid] ?? (service.exec(uid)[1] === '1' ? 'patient' : 'study');
const hex = (status) => status.toString(16).toUpperCase().padStart(4, '0');
const soon = () => new Promise((resolve) => { setImmediate(resolve); });

export class DimseFace {
  #links = new Map();  // to calling AE title
  #server;
  #number = 0;
  operations = 0;      // retrieves that began

  constructor(archive) { Object.assign(this, { archive, switches: archive.switches }); }

  // An association ends with the answer to its release, or with an abort (PS3.8 §7.2, §7.3), and not when its connection closes.
  #titles() { return [...this.#links].filter(([link]) => !link.released && !link.aborted && !link.ended).map(([, title]) => title); }
  get open() { return this.#titles().length; }
  get associations() { return this.#number; }
  openOf(calling) { return this.#titles().filter((title) => title === calling).length; }

  async listen(port, host) {
    const serve = (socket) => this.#connected(socket);
    const [key, cert, ca] = this.switches.get('n9.tls').split(',').filter(Boolean).map((file) => readFileSync(file));
    const version = this.switches.get('n9.tls_version');
    this.#server = key ? createTlsServer({ key, cert, ca, requestCert: Boolean(ca), rejectUnauthorized: Boolean(ca),
      ...(version === 'any' ? {} : { minVersion: version, maxVersion: version }) }, serve) : createServer(serve);
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, host, resolve));
    return this.#server.address().port;
  }

  async close() {
    for (const link of this.#links.keys()) link.socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connected(socket) {
    const link = new Link(socket);
    this.#links.set(link, undefined);
    link.number = ++this.#number;
    link.peer = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.on('close', () => this.#links.delete(link));
    this.#serve(link).catch(() => {}).finally(() => socket.destroySoon());
  }

  async #serve(link) {
    let asked;
    const taken = await link.accept((request) => {
      asked = request;
      this.#links.set(link, request.calling);
      const reject = this.switches.first('admits', request, this);
      return reject ? { reject } : request.contexts.map((context) => this.#syntaxFor(context, request));
    }, { extended: (request) => this.#negotiated(request), maxLength: this.switches.get('n7.max_pdu') || undefined });
    this.#log(link, { verb: 'A-ASSOCIATE', calling: asked.calling, called: asked.called, contexts: asked.contexts.length,
      composite: asked.contexts.some(({ abstractSyntax }) => abstractSyntax === compositeRoot),
      status: taken ? (link.contexts.size ? 'accepted' : 'accepted without contexts') : 'rejected' });
    if (!taken) return;
    Object.assign(link, { calling: asked.calling, called: asked.called, extended: new Map(this.#negotiated(asked)) });
    if (this.switches.get('n7.max_pdu')) link.maxLength = Math.min(link.maxLength || Infinity, this.switches.get('n7.max_pdu'));
    const session = this.switches.get('n6.session_ms');
    const end = session ? setTimeout(() => link.abort(), session) : undefined;
    try {
      let before;
      for (let done = 0; ; ++done) {
        if (done > 0 && done === this.switches.get('n3.operations')) return;
        const message = await this.#next(link);
        if (!message) return;
        const second = done > 0 ? this.switches.get('n3.second') : 'answered';
        const { messageId } = message.command;
        if (second === 'silent') return await this.#listen(link);
        if (second === 'stale') message.command.messageId = before;
        await this.#answer(link, message);
        before = messageId;
      }
    } finally {
      clearTimeout(end);
    }
  }

  #next(link) {
    const idle = this.switches.get('n3.idle_ms');
    if (!idle) return link.message();
    const timer = setTimeout(() => link.socket.destroy(), idle);
    return link.message().finally(() => clearTimeout(timer));
  }

  // The transfer syntax for one context, undefined where it is refused.
  #syntaxFor(context, request) {
    for (const takes of this.switches.having('takes')) if (takes(context, request, this) === false) return undefined;
    const { abstractSyntax, transferSyntaxes } = context;
    if (abstractSyntax === withoutBulkData && this.switches.get('r2.without_bulk_data') === 'absent') return undefined;
    if (abstractSyntax === compositeRoot && ['absent', 'refused'].includes(this.switches.get('r2.frame_level'))) return undefined;
    if ([verification, withoutBulkData, compositeRoot].includes(abstractSyntax) || service.test(abstractSyntax)) {
      const plain = this.switches.get('n5.implicit_only') ? [syntaxes.implicit] : [syntaxes.explicit, syntaxes.implicit];
      return transferSyntaxes.find((syntax) => plain.includes(syntax));
    }
    // Without bulk data nothing needs a codec.
    const bare = this.switches.get('r2.without_bulk_data') === 'taken' && request.contexts.some((c) => c.abstractSyntax === withoutBulkData);
    if (bare) return transferSyntaxes.find((syntax) => syntax === syntaxes.explicit);
    return this.archive.storageSyntax(abstractSyntax, transferSyntaxes);
  }

  // Relational queries, combined date and time, fuzzy and empty value matching (PS3.4 §C.5.1.1): what was proposed, but for the zone.
  #negotiated({ extended }) {
    const never = ['never', 'nothing'].includes(this.switches.get('f8.relational'));
    return extended.filter(([uid]) => service.test(uid)).map(([uid, bytes]) => [uid, Buffer.from([...bytes].map((bit, n) => (n === 3 || n === 4 || (n === 0 && never) ? 0 : bit)))]);
  }

  #log(link, record) { return this.archive.log.add({ face: 'dimse', association: link.number, peer: link.peer, open: this.open, ...record }); }

  async #answer(link, message) {
    const { command, context } = message;
    const begun = performance.now();
    const record = { calling: link.calling, called: link.called, begun: new Date().toISOString() };
    const log = (more) => this.#log(link, { ...record, ...more, duration_ms: Math.round((performance.now() - begun) * 1000) / 1000 });
    await this.archive.beforeAnswer(command);
    if (command.command === commands.echoRq) {
      await this.#send(link, context, reply(command, success));
      log({ verb: 'C-ECHO', status: hex(success) });
    } else if (command.command === commands.findRq) {
      await this.#find(link, message, log);
    } else if (command.command === commands.getRq || command.command === commands.moveRq) {
      await answerRetrieve(this, link, { ...message, query: this.#query(link, message) }, log);
    } else if (command.command === commands.storeRq) {
      // Nothing is kept: it holds what the truth says.
      await this.#send(link, context, { ...reply(command, success), affectedSopInstance: command.affectedSopInstance });
      log({ verb: 'C-STORE', instance: command.affectedSopInstance, status: hex(success) });
    } else if (command.command !== commands.cancelRq && !(command.command & 0x8000)) {
      await this.#send(link, context, reply(command, unrecognized));
      log({ verb: `command ${hex(command.command)}`, status: hex(unrecognized) });
    }
  }

  #send(link, context, command, bytes) {
    const size = this.switches.get('n7.fragments');
    return link.send(context, command, { ...(bytes ? { pieces: [bytes], length: bytes.length } : {}), ...(size ? { cut: (stream) => (stream === 'data' ? size : Infinity) } : {}) });
  }

  #query(link, { context, data }) {
    const { abstractSyntax, transferSyntax } = link.contexts.get(context);
    const identifier = readIdentifier(data, transferSyntax);
    const [relational, combined, fuzzy, , , empty] = link.extended.get(abstractSyntax) ?? [];
    return new Query({ ...identifier, face: 'dimse', aet: this.archive.aet, root: rootOf(abstractSyntax),
      level: (identifier.keys.get('QueryRetrieveLevel') ?? '').trim(), negotiated: { relational, combined, fuzzy, empty } });
  }

  // --- C-FIND (PS3.4 §C.4.1) ---

  async #find(link, message, log) {
    const { command, context } = message;
    const query = this.#query(link, message);
    const record = { verb: 'C-FIND', root: query.root, level: query.level, keys: shown(query.keys), unknown: query.unknown, charset: query.labels.join('\\') };
    if (query.negotiated.fuzzy) query.how.names = 'words';
    if (query.negotiated.combined) query.how.combined = 'combined';
    const found = search(this.archive.model, query, this.switches);
    if (found.abort) {
      log({ ...record, rows: 0, status: 'aborted' });
      return link.abort();
    }
    if (found.silent || (this.switches.get('f27.picky') === 'silence' && query.nothing)) {
      log({ ...record, rows: 0, status: 'silent' });
      return this.#listen(link);
    }
    const given = (error) => { log({ ...record, rows: error.given, status: link.aborted ? 'aborted by peer' : 'peer gone' }); throw error; };
    const ended = found.rows ? await this.#rows(link, message, query, found.rows).catch(given) : { status: found.status, comment: found.comment, given: 0 };
    if (ended.status === undefined) {
      log({ ...record, rows: ended.given, status: ended.how });
      return undefined;
    }
    const empty = this.switches.get('f21.final_identifier') && ended.status === success ? writeRow({ values: { QueryRetrieveLevel: [query.level] }, extras: [] },
      link.contexts.get(context).transferSyntax, query, this.switches) : undefined;
    await this.#send(link, context, { ...reply(command, ended.status), comment: ended.comment?.slice(0, 64) }, empty);
    log({ ...record, rows: ended.given, status: hex(ended.status) });
    return undefined;
  }

  async #rows(link, { command, context }, query, rows) {
    const { transferSyntax } = link.contexts.get(context);
    const strange = query.unknown.length + query.untold.size > 0;
    const status = this.switches.get('f22.always_ff01') || strange ? 0xff01 : 0xff00;
    let given = 0;
    for (const row of rows) {
      if (given && given === this.switches.get('n6.fails_after')) return { status: 0xa700, comment: 'out of resources', given };
      if (given && given === this.switches.get('n6.aborts_after')) {
        await link.abort();
        return { how: 'aborted', given };
      }
      if (given && given === this.switches.get('n6.stalls_after')) {
        await this.#listen(link).catch(() => {});
        return { how: 'stalled', given };
      }
      // What arrives is seen between rows, so that C-CANCEL is; a turn of the loop for each would cost too much.
      if (given % 8 === 0) await soon();
      while (link.waiting) {
        const other = await link.message();
        if (!other) throw new Error('released in the middle');
        if (other.command.command === commands.cancelRq && this.switches.get('f12.cancel') === 'honoured') return { status: 0xfe00, given };
      }
      await this.#send(link, context, reply(command, status), writeRow(row, transferSyntax, query, this.switches));
      ++given;
    }
    return { status: success, given };
  }

  // Says nothing more until the other side has had enough.
  async #listen(link) {
    while (await link.message());
  }
}
