// The DICOMweb face: routes requests, asks QIDO-RS or WADO-RS, and writes the answer as the switches say.
import { createServer } from 'node:http';
import { searchByQido } from './qido.mjs';
import { retrieveByWado } from './wado.mjs';

const uid = '([0-9.]+)';
const searches = [[/^\/studies$/, 'STUDY'], [new RegExp(`^/studies/${uid}/series$`), 'SERIES'], [/^\/series$/, 'SERIES'],
  [new RegExp(`^/studies/${uid}/series/${uid}/instances$`), 'IMAGE'], [new RegExp(`^/studies/${uid}/instances$`), 'IMAGE'], [/^\/instances$/, 'IMAGE']];
const retrieves = [new RegExp(`^/studies/${uid}(?:/series/${uid}(?:/instances/${uid})?)?(/metadata|/frames/[0-9,]+)?$`)];

export class WebFace {
  #open = 0;
  #connections = new Map();
  #server;

  constructor(archive) { Object.assign(this, { archive, switches: archive.switches }); }

  async listen(port, host) {
    this.#server = createServer((request, response) => this.#answer(request, response).catch(() => response.destroy()));
    this.#server.on('connection', (socket) => {
      this.#connections.set(socket, this.#connections.size + 1);
      socket.on('close', () => this.#connections.delete(socket));
    });
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, host, resolve));
    return this.#server.address().port;
  }
  async close() {
    for (const socket of this.#connections.keys()) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request, response) {
    ++this.#open;
    const begun = performance.now();
    const [open, at] = [this.#open, new Date().toISOString()];
    const mark = request.url.indexOf('?');
    const [path, query] = mark < 0 ? [request.url, ''] : [request.url.slice(0, mark), request.url.slice(mark + 1)];
    const asked = { method: request.method, path, query, headers: request.headers, base: `http://${request.headers.host ?? this.archive.host}` };
    try {
      request.resume();
      await this.archive.beforeAnswer(asked);
      const answer = this.#made(asked);
      this.switches.each('answers', answer, asked);
      this.archive.log.add({ face: 'http', verb: request.method, transaction: asked.transaction, path, level: asked.level, keys: asked.keys, query: asked.query, unknown: asked.unknown,
        accept: request.headers.accept, rows: asked.rows, instances: asked.instances, status: answer.status, open, peer: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
        begun: at, duration_ms: Math.round((performance.now() - begun) * 1000) / 1000 });
      this.#send(response, answer);
    } finally {
      --this.#open;
    }
  }

  #made(asked) {
    const { switches } = this;
    const plain = (status, comment = '') => ({ status, headers: { 'Content-Type': 'text/plain' }, body: comment });
    const needed = switches.get('w14.auth');
    if (needed && asked.headers.authorization !== credentials(needed)) return { ...plain(401), headers: { 'WWW-Authenticate': needed.startsWith('basic') ? 'Basic realm="quirk"' : 'Bearer' } };
    if (asked.method !== 'GET') return plain(405);
    const below = (prefix) => (asked.path.startsWith(prefix) ? asked.path.slice(prefix.length) : undefined);
    const [qido, wado] = [below(switches.get('w13.qido')), below(switches.get('w13.wado'))];
    for (const [pattern, level] of qido === undefined ? [] : searches) {
      const match = pattern.exec(qido);
      if (!match || switches.get('w26.absent').includes({ SERIES: 'series', IMAGE: 'instances' }[level])) continue;
      Object.assign(asked, { transaction: 'search', level, uids: match.slice(1) });
      return switches.get('w16.disabled').includes('qido') ? plain(503) : searchByQido(this.archive, asked);
    }
    for (const pattern of wado === undefined ? [] : retrieves) {
      const match = pattern.exec(wado);
      if (!match || switches.get('w26.absent').includes(match[4]?.split('/')[1])) continue;
      Object.assign(asked, { transaction: 'retrieve', uids: match.slice(1, 4).filter(Boolean), part: match[4] });
      return switches.get('w16.disabled').includes('wado') ? plain(503) : retrieveByWado(this.archive, asked);
    }
    return plain(404);
  }

  #send(response, { status, headers, body }) {
    const bytes = Buffer.from(body);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.statusCode = status;
    if (status === 204) return response.removeHeader('Content-Type'), response.end();
    response.setHeader('Content-Length', bytes.length);
    if (!this.switches.get('w28.broken_off') || bytes.length < 2) return response.end(bytes);
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
    return undefined;
  }
}

function credentials(needed) {
  const [kind, ...rest] = needed.split(':');
  return kind === 'basic' ? `Basic ${Buffer.from(rest.join(':')).toString('base64')}` : `Bearer ${rest.join(':')}`;
}
