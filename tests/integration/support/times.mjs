// FHIR dates for the oracle, written from R4 search.html and the rules in docs/mapping.md, not from Pons's code.
// Ranges are half open, in milliseconds with fractions; `local` are wall-clock readings taken as if they were UTC.

const day = 86400000;

/// Minutes east of UTC in `zone` at a wall-clock reading; undefined where it occurs twice or never.
export function offsetOf(zone, local) {
  const found = new Set();
  // Every offset that is in force somewhere near is tried: a reading is sure when exactly one of them gives it back.
  for (const probe of [-day, 0, day]) found.add(offsetAt(zone, local + probe));
  const fitting = [...found].filter((offset) => offsetAt(zone, local - offset * 60000) === offset);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function offsetAt(zone, instant) {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric',
    month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })
    .formatToParts(instant).map((p) => [p.type, p.value]));
  const wall = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  return Math.round((wall - Math.floor(instant / 1000) * 1000) / 60000);
}

// The instant at which clocks in `zone` first show `local` or later.
function instantOf(zone, local) {
  const offset = offsetOf(zone, local);
  return local - (offset ?? offsetAt(zone, local - offsetAt(zone, local) * 60000)) * 60000;
}

function parseDate(da) {
  const match = /^\s*(\d{4})(\.?)(\d{2})\2(\d{2})\s*$/.exec(da ?? '');
  if (!match) return undefined;
  const [, y, , m, d] = match.map(Number);
  const date = new Date(Date.UTC(y, m - 1, d));
  date.setUTCFullYear(y);
  return y > 0 && date.getUTCMonth() === m - 1 && date.getUTCDate() === d
    ? { text: `${match[1]}-${match[3]}-${match[4]}`, begin: date.getTime() } : undefined;
}

function parseTime(tm) {
  const match = /^\s*(\d{2}):?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?\s*$/.exec(tm ?? '');
  if (!match) return undefined;
  const [, h, m, s = '00', f = ''] = match;
  return +h < 24 && +m < 60 && +s <= 60 ? { h, m, s, f } : undefined;
}

function parseOffset(text) {
  const match = /^\s*([+-])(\d{2})(\d{2})\s*$/.exec(text ?? '');
  if (!match || text.trim() === '-0000') return undefined;
  const minutes = (match[1] === '-' ? -1 : 1) * (+match[2] * 60 + +match[3]);
  return +match[3] < 60 && minutes >= -720 && minutes <= 840 ? minutes : undefined;
}

function zoneText(offset) {
  const size = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
}

/// `started` of a study or series as {text, local, utc}, from DA, TM, Timezone Offset From UTC and the source's zone.
export function started(da, tm, offsetText, zone) {
  const date = parseDate(da);
  if (!date) return undefined;
  const time = parseTime(tm);
  const own = parseOffset(offsetText);
  if (time) {
    // A leap second keeps its text and counts as the second before it.
    const second = Math.min(+time.s, 59);
    const begin = date.begin + ((+time.h * 60 + +time.m) * 60 + second) * 1000 + (time.f ? +`0.${time.f}` * 1000 : 0);
    const width = time.f ? 1000 / 10 ** time.f.length : 1000;
    const offset = own ?? (zone ? offsetOf(zone, begin) : undefined);
    if (offset !== undefined) {
      return { text: `${date.text}T${time.h}:${time.m}:${time.s}${time.f ? `.${time.f}` : ''}${zoneText(offset)}`,
        local: [begin, begin + width], utc: [begin - offset * 60000, begin + width - offset * 60000] };
    }
  }
  const local = [date.begin, date.begin + day];
  if (own !== undefined) return { text: date.text, local, utc: local.map((t) => t - own * 60000) };
  return { text: date.text, local, utc: zone ? local.map((t) => instantOf(zone, t)) : local };
}

/// A date without zone, such as a birth date.
export function plainDate(da) {
  const date = parseDate(da);
  return date && { text: date.text, local: [date.begin, date.begin + day], utc: [date.begin, date.begin + day] };
}

const pattern = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+ -]\d{2}:\d{2})?)?)?)?$/;

/// Whether a FHIR search value such as "ge2024-03" holds for {local, utc}; a value with a zone is judged on instants.
export function dateMatches(value, resource, now = Date.now()) {
  const match = pattern.exec(value);
  if (!match) throw new Error(`the oracle cannot read a date: ${value}`);
  const [, prefix = 'eq', y, mo, d, h, mi, s, f, zone] = match;
  if (!resource) return false;
  let sl = Date.UTC(y, (mo ?? 1) - 1, d ?? 1, h ?? 0, mi ?? 0, s ?? 0) + (f ? +`0.${f}` * 1000 : 0);
  let su;
  if (!mo) su = Date.UTC(+y + 1, 0, 1);
  else if (!d) su = Date.UTC(y, +mo, 1);
  else if (!h) su = sl + day;
  else if (!s) su = sl + 60000;
  else su = sl + (f ? 1000 / 10 ** f.length : 1000);
  let [rl, ru] = resource.local;
  if (zone) {
    const shift = zone === 'Z' ? 0 : (zone[0] === '-' ? -1 : 1) * (+zone.slice(1, 3) * 60 + +zone.slice(4)) * 60000;
    [sl, su, rl, ru] = [sl - shift, su - shift, ...resource.utc];
  }
  const equal = sl <= rl && ru <= su;
  switch (prefix) {
    case 'eq': return equal;
    case 'ne': return !equal;
    case 'gt': return ru > su;
    case 'lt': return rl < sl;
    case 'ge': return ru > su || equal;
    case 'le': return rl < sl || equal;
    case 'sa': return rl >= su;
    case 'eb': return ru <= sl;
    default: {
      const gap = Math.abs(now - sl) / 10;
      return rl < su + gap && ru > sl - gap;
    }
  }
}
