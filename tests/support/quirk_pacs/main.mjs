#!/usr/bin/env node
// The quirk archive as a program.
import { parseArgs } from 'node:util';
import { startQuirkPacs } from './archive.mjs';
import { presets } from './presets.mjs';
import { quirkTable } from './quirks.mjs';
import { sampleTruth } from './sample.mjs';

const usage = `A DICOM archive that does everything rightly, and wrongly where it is told to.

  node main.mjs [--truth FILE] [--files DIR] [--dimse PORT] [--http PORT] [--preset NAME] [--quirk NAME=VALUE]...

  --truth FILE          the studies that it holds (README.md tells the form); left out: six of its own
  --files DIR           the folder that the truth's file names start from; without it instances are made of their attributes
  --dimse PORT          where DIMSE is spoken: C-ECHO, C-FIND, C-GET, C-MOVE (0: the system chooses; left out: not at all)
  --http PORT           where DICOMweb is spoken: QIDO-RS, WADO-RS
  --host ADDRESS        to listen at (127.0.0.1)
  --aet TITLE           its AE title (QUIRK)
  --destination AE=HOST:PORT   a destination of C-MOVE; *=HOST:PORT for all others; may be repeated
  --preset NAME         ${presets.map((p) => p.name).join(', ')}
  --quirk NAME=VALUE    a switch; may be repeated, and wins over the preset
  --log FILE            one JSON line for each request; - for standard output
  --list-quirks         prints the table of switches
  --help                prints this

Ctrl-C ends it.`;

const options = { truth: { type: 'string' }, files: { type: 'string' }, dimse: { type: 'string' }, http: { type: 'string' }, host: { type: 'string' }, aet: { type: 'string' },
  destination: { type: 'string', multiple: true, default: [] }, preset: { type: 'string' }, quirk: { type: 'string', multiple: true, default: [] }, log: { type: 'string' },
  'list-quirks': { type: 'boolean' }, help: { type: 'boolean' } };

function port(text, name) {
  if (text === undefined) return false;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new Error(`--${name}: a port is wanted, not "${text}"`);
  return Number(text);
}
const pair = (given, what) => {
  const at = given.indexOf('=');
  if (at < 1) throw new Error(`${what} is wanted, not "${given}"`);
  return [given.slice(0, at), given.slice(at + 1)];
};
function address(text) {
  const match = /^(.+):(\d+)$/.exec(text);
  if (!match) throw new Error(`HOST:PORT is wanted, not "${text}"`);
  return { host: match[1], port: Number(match[2]) };
}

async function main() {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(usage);
  if (values['list-quirks']) return console.log(quirkTable());
  if (values.dimse === undefined && values.http === undefined) throw new Error('--dimse or --http is wanted');
  const { truth = sampleTruth, files, preset, aet, host, log } = values;
  const pacs = await startQuirkPacs({ truth, files, preset, aet, host, log, dimse: port(values.dimse, 'dimse'), http: port(values.http, 'http'),
    quirks: Object.fromEntries(values.quirk.map((q) => pair(q, 'NAME=VALUE'))),
    destinations: Object.fromEntries(values.destination.map((d) => pair(d, 'AE=HOST:PORT')).map(([title, at]) => [title, address(at)])) });
  console.error(JSON.stringify({ studies: pacs.model.STUDY.length, instances: pacs.model.IMAGE.length, aet: pacs.aet, dimse: pacs.dimsePort, http: pacs.url, quirks: pacs.switches.on() }));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => pacs.close().then(() => process.exit(0)));
  return undefined;
}

main().catch((error) => {
  console.error(`quirk_pacs: ${error.message}`);
  process.exit(2);
});
