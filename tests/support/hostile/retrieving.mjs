// A WADO-RS client that keeps nothing of what comes but the UIDs and hashes, and knows a broken body from a whole one.
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { dataSetOffset, readValues } from './instances.mjs';

/// One part: its data set's UID and hash. Fed with its bytes.
class Part {
  #start = Buffer.alloc(0);
  #offset;
  #hash = createHash('sha256');
  length = 0;

  feed(bytes) {
    if (this.#offset === undefined) {
      this.#start = Buffer.concat([this.#start, bytes]);
      if (this.#start.length < 2048) return;
      bytes = this.#open();
    }
    this.#hash.update(bytes);
    this.length += bytes.length;
  }

  #open() {
    this.#offset = dataSetOffset(this.#start);
    if (this.#offset === undefined) throw new Error('a part that is no DICOM file');
    const meta = readValues(this.#start.subarray(132, this.#offset), '1.2.840.10008.1.2.1', 0x00020010);
    this.sop = meta.get(0x00020003);
    this.syntax = meta.get(0x00020010);
    return this.#start.subarray(this.#offset);
  }

  end() {
    if (this.#offset === undefined) {
      const bytes = this.#open();
      this.#hash.update(bytes);
      this.length += bytes.length;
    }
    this.hash = this.#hash.digest('hex');
    return this;
  }
}

/// Splits a multipart body (RFC 2046 §5.1) as it comes: `parts` holds those that ended, `closed` says that the last delimiter came.
class Parts {
  #mark;
  #left = Buffer.from('\r\n');
  #now;     // the part under way; null: its header
  parts = [];
  begun = 0;
  closed = false;

  constructor(boundary) { this.#mark = Buffer.from(`\r\n--${boundary}`); }

  feed(bytes) {
    let rest = this.#left.length ? Buffer.concat([this.#left, bytes]) : bytes;
    for (;;) {
      if (this.#now === null) {
        const head = rest.indexOf('\r\n\r\n');
        if (head === -1) break;
        this.#now = new Part();
        ++this.begun;
        rest = rest.subarray(head + 4);
        continue;
      }
      const at = rest.indexOf(this.#mark);
      if (at === -1) {
        const safe = rest.length - this.#mark.length;
        if (safe > 0) {
          this.#now?.feed(rest.subarray(0, safe));
          rest = rest.subarray(safe);
        }
        break;
      }
      const after = at + this.#mark.length;
      if (rest.length < after + 2) break;
      if (this.#now) {
        this.#now.feed(rest.subarray(0, at));
        this.parts.push(this.#now.end());
      }
      this.closed = rest.toString('latin1', after, after + 2) === '--';
      this.#now = this.closed ? undefined : null;
      rest = rest.subarray(after + 2);
      if (this.closed) break;
    }
    this.#left = Buffer.from(rest);
  }
}

/// GETs `url`. Gives {status, whole, parts, begun, bytes, error}: `whole` when the answer came to its proper end. `onPart` and `onBytes`
/// are told what comes; `pace(bytes so far, leave)` may give a promise that the next reading waits for, or leave.
export function retrieve(url, { headers = {}, pace, onBegun } = {}) {
  return new Promise((resolve) => {
    const got = { status: 0, whole: false, parts: [], begun: 0, bytes: 0 };
    const call = request(url, { headers, agent: false });
    const done = (error) => resolve({ ...got, error });
    call.on('error', done);
    call.on('response', async (answer) => {
      got.status = answer.statusCode;
      got.headers = answer.headers;
      const boundary = /boundary="?([^";]+)/.exec(answer.headers['content-type'] ?? '')?.[1];
      const split = boundary && new Parts(boundary);
      const text = [];
      try {
        onBegun?.();
        for await (const bytes of answer) {
          got.bytes += bytes.length;
          if (split) {
            split.feed(bytes);
            Object.assign(got, { parts: split.parts, begun: split.begun });
          } else {
            text.push(bytes);
          }
          const wait = pace?.(got.bytes, () => call.destroy());
          if (wait) await wait;
        }
        got.text = Buffer.concat(text).toString();
        got.whole = answer.complete && (split?.closed ?? true);
        done();
      } catch (error) {
        done(error);
      }
    });
    call.end();
  });
}
