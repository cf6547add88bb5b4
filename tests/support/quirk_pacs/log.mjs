// The log of requests: one record each, kept for tests and written as JSON lines.
import { appendFileSync } from 'node:fs';

export class Log {
  #waiting = [];
  entries = [];

  /// `file`: where the lines go, too; '-' for standard output.
  constructor(file) { this.file = file; }

  /// Adds a record; the time is put in front.
  add(record) {
    const entry = { at: new Date().toISOString(), ...record };
    this.entries.push(entry);
    const line = `${JSON.stringify(entry)}\n`;
    if (this.file === '-') process.stdout.write(line);
    else if (this.file) appendFileSync(this.file, line);
    for (const one of this.#waiting.filter(({ test }) => test(entry))) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.resolve(entry);
    }
    return entry;
  }
  /// Of one verb: C-FIND, C-GET, C-MOVE, C-STORE, C-ECHO, A-ASSOCIATE, or an HTTP method.
  of(verb) { return this.entries.filter((entry) => entry.verb === verb); }
  /// Searches, whichever face they came by.
  get searches() { return this.entries.filter(({ verb, transaction }) => verb === 'C-FIND' || transaction === 'search'); }
  /// The most associations (or HTTP requests) that were open at once.
  get mostAtOnce() { return Math.max(0, ...this.entries.map(({ open = 0 }) => open)); }
  clear() { this.entries.length = 0; }
  /// The next record for which `test` holds, or one that is there already.
  seen(test) {
    const there = this.entries.find(test);
    return there ? Promise.resolve(there) : new Promise((resolve) => { this.#waiting.push({ test, resolve }); });
  }
}

/// Keys as sent, for the log.
export const shown = (keys) => Object.fromEntries([...keys].filter(([keyword]) => keyword !== 'QueryRetrieveLevel'));
