// Where to look: the studies that can meet a query, by their UIDs and dates, so that a large archive is not read through for each query.
// What is left out here cannot match; what is given is still compared, key by key.
import { filled } from './matching.mjs';

export class StudyIndex {
  #byUid = new Map();
  #byDay = [];          // [date as text that sorts, study]
  #sorted = false;      // in order from the first query on

  add(study) {
    for (const uid of study.attributes.StudyInstanceUID ?? []) this.#byUid.set(uid, [...(this.#byUid.get(uid) ?? []), study]);
    for (const date of study.attributes.StudyDate ?? []) {
      if (date.trim() === '') continue;
      const entry = [filled('DA', date, false), study];
      if (this.#sorted) this.#byDay.splice(this.#firstNotBefore(entry[0]), 0, entry);
      else this.#byDay.push(entry);
    }
  }

  /// Those of a key of Study Instance UID and one of Study Date, as the archive lists them; undefined where neither narrows. A key
  /// that is no plain list, date or range does not.
  among({ uids = '', dates = '' }) {
    if (/^[\d. ]+(\\[\d. ]+)*$/.test(uids)) return this.#inOrder(uids.split('\\').flatMap((uid) => this.#byUid.get(uid.trim()) ?? []));
    const range = /^ *(?!-? *$)([\d.]*)(-?)([\d.]*) *$/.exec(dates);
    return range ? this.#inOrder(this.#between(range[1], range[2] ? range[3] : range[1], range[2] !== '')) : undefined;
  }

  #between(from, to, isRange) {
    if (!this.#sorted) this.#byDay.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    this.#sorted = true;
    const first = from === '' ? 0 : this.#firstNotBefore(filled('DA', from, false));
    const last = to === '' ? undefined : filled('DA', to, isRange);
    const found = [];
    for (let n = first; n < this.#byDay.length && (last === undefined || this.#byDay[n][0] <= last); ++n) found.push(this.#byDay[n][1]);
    return found;
  }

  #firstNotBefore(day) {
    let [low, high] = [0, this.#byDay.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#byDay[middle][0] < day) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #inOrder(studies) { return [...new Set(studies)].sort((a, b) => a.number - b.number); }
}
