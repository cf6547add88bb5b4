// Switches: the rows of the table of quirks, and what each is set to.

/// Kinds of values: how one is written, and `read(text)`, which throws where the text is none.
export const choice = (...all) => ({ shown: all.join(' | '), read: (text) => {
  if (!all.includes(text)) throw new Error(`one of ${all.join(', ')}`);
  return text;
} });
export const flag = { shown: 'on | off', read: (text) => choice('on', 'off').read(text) === 'on', write: (value) => (value ? 'on' : 'off') };
export const count = (what) => ({ shown: `number of ${what}`, read: (text) => {
  if (!/^\d+$/.test(text)) throw new Error('a whole number');
  return Number(text);
} });
export const words = (what) => ({ shown: `${what}, with commas`, read: (text) => text.split(',').filter(Boolean), write: (value) => value.join(',') });
export const text = (what) => ({ shown: what, read: (value) => value });

/// A row: {id, name, says, values: kind, off: the value without the quirk, on: a value to show it with, seen: who shows it, face:
/// 'both', 'dimse' or 'http'}, and hooks: functions that get the value last.
///   refuses(query, value)              a refusal, before anything is done: {status, http, comment}
///   reads(query, value)                changes the query before it is answered
///   lists(rows, query, value)          the rows to give instead; may give a refusal
///   tells(row, query, value)           changes one row
///   labels(said, row, value)           changes {labels, encode}: how a row's text is written
///   admits(asked, face, value)         why an association is rejected: [result, source, reason]
///   takes(context, asked, face, value) false: the presentation context is refused
///   retrieves(does, at, value)         changes what a C-GET or C-MOVE does (dimse_js/sub_operations.mjs)
///   answers(answer, request, value)    changes an HTTP answer: {status, headers, body}
export class Switches {
  #rows = new Map();
  #values = new Map();

  constructor(rows) {
    for (const row of rows) this.#rows.set(row.name, row);
  }

  /// `value`: a text as on the command line, or a value as it is.
  set(name, value) {
    const row = this.#rows.get(name);
    if (!row) throw new Error(`no quirk "${name}"; --list-quirks tells which there are`);
    try {
      this.#values.set(name, typeof value === 'string' ? row.values.read(value) : value);
    } catch (error) {
      throw new Error(`${name}=${value}: ${error.message} is wanted`);
    }
    return this;
  }
  setAll(values) {
    for (const [name, value] of Object.entries(values)) this.set(name, value);
    return this;
  }
  reset(name) {
    if (name) this.#values.delete(name);
    else this.#values.clear();
    return this;
  }
  get(name) {
    if (!this.#rows.has(name)) throw new Error(`no quirk "${name}"`);
    return this.#values.has(name) ? this.#values.get(name) : this.#rows.get(name).off;
  }
  isOn(name) { return this.#values.has(name) && written(this.#rows.get(name), this.#values.get(name)) !== written(this.#rows.get(name), this.#rows.get(name).off); }

  /// [hook with its value last, …] of all that are on, in the order of the table.
  *having(hook) {
    for (const [name, row] of this.#rows) if (row[hook] && this.isOn(name)) yield (...given) => row[hook](...given, this.get(name));
  }
  /// The first answer that a hook gives.
  first(hook, ...given) {
    for (const ask of this.having(hook)) {
      const answer = ask(...given);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
  each(hook, ...given) {
    for (const tell of this.having(hook)) tell(...given);
  }
  /// What is on, as it would be written.
  on() {
    return [...this.#values.keys()].filter((name) => this.isOn(name)).map((name) => `${name}=${written(this.#rows.get(name), this.get(name))}`);
  }
}

export const written = (row, value) => (row.values.write ? row.values.write(value) : `${value}`);
