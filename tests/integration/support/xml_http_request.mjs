// As much of the XMLHttpRequest of browsers as DICOMweb clients use, over node's http.
import { request } from 'node:http';

export class XMLHttpRequest {
  readyState = 0;
  status = 0;
  responseType = '';
  response = null;
  #headers = {};

  open(method, url) {
    this.method = method;
    this.url = new URL(url);
  }

  setRequestHeader(name, value) { this.#headers[name] = value; }
  getResponseHeader(name) { return this.answer?.headers[name.toLowerCase()] ?? null; }
  getAllResponseHeaders() { return Object.entries(this.answer?.headers ?? {}).map(([name, value]) => `${name}: ${value}`).join('\r\n'); }

  send(body) {
    const call = request({ host: this.url.hostname, port: this.url.port, path: this.url.pathname + this.url.search, method: this.method,
      headers: this.#headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', () => this.#done(0));  // broken off: browsers tell that as a network error
      answer.on('end', () => {
        const bytes = Buffer.concat(parts);
        this.answer = answer;
        const text = () => bytes.toString('utf8');
        this.response = this.responseType === 'arraybuffer' ? bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
          : this.responseType === 'json' ? JSON.parse(text()) : text();
        this.#done(answer.statusCode);
      });
    });
    call.on('error', () => this.#done(0));
    call.end(body instanceof ArrayBuffer ? Buffer.from(body) : body);
  }

  #done(status) {
    this.status = status;
    this.readyState = 4;
    this.onreadystatechange?.();
  }
}
