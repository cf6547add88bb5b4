// A FHIR client that believes nothing: each answer is checked for its headers and validated as R4.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { validate, validateXml, xmlToJson } from '../../conformance/validate.mjs';

export class Client {
  #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  #xml = new Map();

  constructor(base) {
    this.base = base;
  }

  /// `path` is below the base, or an absolute URL of it. Gives {status, headers, text, body}.
  async get(path, options = {}) {
    const answer = await this.raw(path, options);
    this.check(answer, options);
    return answer;
  }

  /// The same without any check.
  raw(path, { method = 'GET', headers = {}, body } = {}) {
    const url = new URL(path.startsWith('http') ? path : `${this.base}/${path}`.replace(/\/$/, ''));
    return new Promise((resolve, reject) => {
      const call = request({ agent: this.#agent, host: url.hostname, port: url.port, path: url.pathname + url.search, method, headers },
        (answer) => {
          const parts = [];
          answer.on('data', (part) => parts.push(part));
          answer.on('error', reject);
          answer.on('end', () => {
            const bytes = Buffer.concat(parts);
            resolve({ status: answer.statusCode, headers: answer.headers, bytes, text: bytes.toString('utf8'), what: `${method} ${path}` });
          });
        });
      call.setTimeout(90000, () => call.destroy(new Error(`no answer within 90 s: ${method} ${path}`)));
      // A kept connection may be closed by the other side just when we write: the one case where a request is sent again.
      call.on('error', (error) => (call.reusedSocket && error.code === 'ECONNRESET'
        ? resolve(this.raw(path, { method, headers, body })) : reject(error)));
      call.end(body);
    });
  }

  check(answer, { method = 'GET' } = {}) {
    const type = answer.headers['content-type'] ?? '';
    if (method === 'HEAD' || method === 'OPTIONS' || answer.status === 304) {
      assert.equal(answer.text, '', `${answer.what}: no body`);
      return;
    }
    assert.match(type, /^(application\/(fhir\+)?|text\/)(json|xml);\s*charset=utf-8(;|$)/i, `${answer.what} ${answer.status}: content type`);
    if (/xml/.test(type)) {
      this.#xml.set(answer.text, answer.what);
      answer.body = xmlToJson(answer.text);
    } else {
      answer.body = JSON.parse(answer.text);
    }
    assert.deepEqual(validate(answer.body), [], `${answer.what}: not valid R4`);
    if (answer.status >= 400) {
      assert.equal(answer.body.resourceType, 'OperationOutcome', `${answer.what}: an error is an OperationOutcome`);
      assert.ok(answer.body.issue.some((i) => i.severity === 'error' || i.severity === 'fatal'), `${answer.what}: an issue of severity error`);
    }
  }

  /// One page of a search, given as [[name, value], …].
  async search(query, options = {}) {
    const answer = await this.get(`ImagingStudy?${encode(query)}`, options);
    assert.equal(answer.status, 200, `${answer.what}: ${answer.text.slice(0, 600)}`);
    assert.equal(answer.body.type, 'searchset');
    return answer.body;
  }

  /// All pages: {ids, pages, resources, bundles}.
  async walk(query, options = {}) {
    const bundles = [await this.search(query, options)];
    for (let next = link(bundles[0], 'next'); next; next = link(bundles.at(-1), 'next')) {
      assert.ok(next.startsWith(`${this.base}/`), 'a page link leads to us');
      const answer = await this.get(next, options);
      assert.equal(answer.status, 200, `next page: ${answer.text.slice(0, 600)}`);
      bundles.push(answer.body);
      assert.ok(bundles.length < 1000, 'pages end');
    }
    const resources = bundles.flatMap(matches);
    return { bundles, resources, ids: resources.map((r) => r.id) };
  }

  /// Validates the XML documents seen so far against the XSD, all at once.
  finish() {
    assert.deepEqual(validateXml([...this.#xml.keys()]), [], [...this.#xml.values()].join(', '));
    this.#xml.clear();
    this.#agent.destroy();
  }
}

export const encode = (query) => query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
export const link = (bundle, relation) => bundle.link?.find((l) => l.relation === relation)?.url;
export const entries = (bundle, mode) => (bundle.entry ?? []).filter((e) => e.search?.mode === mode).map((e) => e.resource);
export const matches = (bundle) => entries(bundle, 'match');
