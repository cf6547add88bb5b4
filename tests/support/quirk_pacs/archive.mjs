// The quirk archive: a model archive with a DIMSE and a DICOMweb face, in which every quirk is a switch.
import { readFileSync } from 'node:fs';
import { syntaxes } from '../dimse_js/data_set.mjs';
import { DimseFace } from './associations.mjs';
import { Log } from './log.mjs';
import { converted, Model, stored, uncompressed } from './model.mjs';
import { presetNamed } from './presets.mjs';
import { rows } from './quirks.mjs';
import { Switches } from './switches.mjs';
import { WebFace } from './web.mjs';

const jpeg = '1.2.840.10008.1.2.4.70';

/// Starts an archive. `truth`: the data or the name of its file; `files`: the folder of its instances; `preset`, `quirks`: {name: value};
/// `dimse`, `http`: ports, 0 lets the system choose, false leaves the face out; `destinations`: {AE: {host, port}} for C-MOVE, '*' for
/// all others; `log`: a file for the lines.
///
/// Gives {dimsePort, httpPort, url, aet, log, switches, model, set(name, value), reset(), close()}; `before`: a function that each answer
/// waits for.
export async function startQuirkPacs(given = {}) {
  const archive = new QuirkArchive(given);
  if (given.dimse !== false) archive.dimsePort = await archive.dimse.listen(given.dimse ?? 0, archive.host);
  if (given.http !== false) {
    archive.httpPort = await archive.web.listen(given.http ?? 0, archive.host);
    archive.url = `http://${archive.host}:${archive.httpPort}`;
  }
  return archive;
}

class QuirkArchive {
  constructor({ truth, files, preset = 'generic', quirks = {}, aet = 'QUIRK', host = '127.0.0.1', destinations = {}, log }) {
    Object.assign(this, { aet, host, destinations, log: new Log(log) });
    this.model = new Model(typeof truth === 'string' ? JSON.parse(readFileSync(truth, 'utf8')) : truth, files);
    this.preset = presetNamed(preset).quirks;
    this.switches = new Switches(rows).setAll(this.preset).setAll(quirks);
    this.dimse = new DimseFace(this);
    this.web = new WebFace(this);
  }

  /// Changes a switch while the archive runs; the next request sees it.
  set(name, value) { this.switches.set(name, value); return this; }
  /// Back to what the preset says.
  reset() { this.switches.reset().setAll(this.preset); return this; }

  async beforeAnswer(request) {
    await this.before?.(request);
    const late = this.switches.get('n6.answer_ms');
    if (late) await new Promise((resolve) => { setTimeout(resolve, late).unref(); });
  }

  /// {host, port} of a C-MOVE destination.
  addressOf(title) {
    const only = this.switches.get('r1.destinations');
    if (only.length === 0) return this.destinations[title] ?? this.destinations['*'];
    const [, address] = only.map((pair) => pair.split('=')).find(([name]) => name === title) ?? [];
    return address && { host: address.split(':')[0], port: Number(address.split(':')[1]) };
  }

  /// An instance as the archive holds it.
  stored(entity) {
    const one = stored(entity);
    const wanted = this.switches.get('t3.stored');
    return wanted === 'as_is' ? one : converted(one, { explicit: syntaxes.explicit, implicit: syntaxes.implicit, deflated: syntaxes.deflated, big_endian: syntaxes.bigEndian }[wanted]) ?? one;
  }

  /// The syntax that a storage context is accepted in for C-GET: one that instances of the class are in, else one to convert to.
  storageSyntax(sopClass, proposed) {
    if (this.switches.get('t1.compressed_aborts') && proposed.includes(jpeg)) return jpeg;
    const held = this.model.IMAGE.filter((i) => i.attributes.SOPClassUID[0] === sopClass);
    if (held.length === 0) return undefined;
    const stays = this.switches.get('t3.stored') === 'as_is' ? held.map((i) => i.syntax) : [this.stored(held[0]).syntax];
    return proposed.find((syntax) => stays.includes(syntax)) ?? (stays.some((s) => uncompressed.includes(s)) ? proposed.find((s) => uncompressed.includes(s)) : undefined);
  }

  async close() { await Promise.all([this.dimsePort !== undefined && this.dimse.close(), this.httpPort !== undefined && this.web.close()]); }
  /// The same, under the name that other fixtures have.
  stop() { return this.close(); }
}
