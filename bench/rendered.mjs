// Rendered frames per second by modality through HTTP: WADO-RS from Pons, which has the instance of Orthanc by WADO-RS and
// renders it in its workers, against Orthanc's own rendering of the same frame, in turns.
//
//   node bench/rendered.mjs [rounds, default 3]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { repository, startOrthanc } from '../tests/integration/support/archives.mjs';
import { startPons } from '../tests/integration/support/pons.mjs';
import { dataSetOffset, readValues } from '../tests/support/hostile/instances.mjs';
import { load, median, report, sourceOf } from './support/measure.mjs';

const rounds = Number(process.argv[2] ?? 3);
const root = join(repository, 'tests', 'data');
const cases = [
  ['CT 512 x 512, native', 'dicom/studies/rt-breast/ct.0.dcm'],
  ['MR 300 x 484, native', 'dicom/mr/examples_overlay.dcm'],
  ['NM 256 x 1024, JPEG lossless', 'pixels/nm-pt/JPEG-LL.dcm'],
  ['US 600 x 800, palette, RLE', 'pixels/us/OBXXXX1A_rle_2frame.dcm'],
  ['US 240 x 320, colour, JPEG', 'pixels/us/examples_ybr_color.dcm'],
  ['US 480 x 640, colour, JPEG 2000', 'pixels/us/examples_jpeg2k.dcm'],
  ['CR 1760 x 1760, JPEG 2000', 'pixels/cr-dx-mg/RG3_J2KI.dcm'],
];

function pathOf(file) {
  const bytes = readFileSync(join(root, file));
  const offset = dataSetOffset(bytes);
  const explicit = '1.2.840.10008.1.2.1';
  const syntax = readValues(bytes.subarray(132, offset), explicit, 0x00020010).get(0x00020010);
  const values = readValues(bytes.subarray(offset), syntax);
  return `studies/${values.get(0x0020000d)}/series/${values.get(0x0020000e)}/instances/${values.get(0x00080018)}/frames/1/rendered`;
}

const archive = await startOrthanc({ root, truth: { studies: cases.map(([, file]) => ({ series: [{ instances: [{ file }] }] })) } });
const pons = await startPons({ sources: { web: { kind: 'dicomweb', url: archive.url, ...sourceOf } } });
const perSecond = async (port, path) => (await load(port, [path], { connections: 2, seconds: 2 })).perSecond;
const loads = [];
for (const [name, file] of cases) {
  const path = pathOf(file);
  const first = await fetch(`${pons.url}/dicomweb/${path}`);
  assert.equal(first.status, 200, name);
  assert.equal(first.headers.get('content-type'), 'image/jpeg', name);
  await first.arrayBuffer();
  const able = await fetch(`${archive.url}/${path}`);
  await able.arrayBuffer();
  const [ours, theirs] = [[], []];
  for (let round = 0; round < rounds; ++round) {
    ours.push(await perSecond(pons.port, `/dicomweb/${path}`));
    if (able.status === 200) theirs.push(await perSecond(archive.port, `/dicom-web/${path}`));
  }
  loads.push(loadavg()[0]);
  const rate = median(ours).toFixed(1);
  const ratio = median(ours.map((each, n) => each / theirs[n]));
  report(`${name}, JPEG per second`, able.status === 200 ? `${rate} / ${median(theirs).toFixed(1)} of Orthanc = ${ratio.toFixed(2)}` : `${rate}; Orthanc cannot`);
}
await pons.stop();
await archive.stop();
console.log(`load: ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)} on two cores`);
