// Retrieves by Pons from the quirk archive, one quirk at a time: whole, or visibly broken. hostile.test.mjs has more of what can go wrong.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { retrieve } from '../support/hostile/retrieving.mjs';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { syntheticStudies } from './support/archives.mjs';
import { sourceFor, startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';

const ways = ['c-get', 'c-move'];
const each = (quirk, values, on = ways) => values.map((value) => ({ quirk, value, on }));

const cases = [
  ...each('none', ['']), ...each('none', [''], ['wado']),
  ...each('r1.destinations', ['OTHER=127.0.0.1:9'], ['c-move']),
  ...each('r2.get', ['absent']), ...each('r2.move', ['absent']),
  ...each('r3.get_gives_nothing', ['on']),
  ...each('r4.originator', ['absent'], ['c-move']),
  ...each('r5.counters', ['zero', 'absent', 'wrong']),
  ...each('r6.pending_every', ['5', '0']),
  ...each('r7.final', ['before_last', 'first']),
  ...each('r8.drops', ['2']), ...each('r8.drops_always', ['2']),
  ...each('r9.warns', ['b000', 'b000_without_counters']),
  ...each('r10.association_each', ['on'], ['c-move']),
  ...each('r12.fails_first', ['1']), ...each('r13.nearline', ['1']),
  ...each('r14.levels', ['study', 'no_image']),
  ...each('r16.unasked', ['on'], ['c-move']), ...each('r16.twice', ['on']),
  ...each('n10.stale_address', ['on'], ['c-move']),
  ...each('n7.fragments', ['7']), ...each('n7.max_pdu', ['4096']),
  ...each('f3.counts', ['absent', 'zero'], [...ways, 'wado']),
  ...each('f20.duplicates', ['same'], [...ways, 'wado']),
  ...each('f11.cap', ['2'], [...ways, 'wado']),
  ...each('t1.compressed_aborts', ['on']), ...each('t2.as_stored', ['on'], [...ways, 'wado']),
  ...each('t3.stored', ['implicit', 'deflated', 'big_endian'], [...ways, 'wado']), ...each('t4.default', ['stored', 'implicit'], ['wado']),
  ...each('w10.accept_type', ['quoted', 'unquoted'], ['wado']),
  ...each('w19.boundary', ['long', 'unquoted_spaces'], ['wado']), ...each('w19.part_type', ['misquoted', 'absent'], ['wado']), ...each('w19.part_syntax', ['absent'], ['wado']),
  ...each('w16.disabled', ['wado', 'qido'], ['wado']), ...each('w26.absent', ['instances'], ['wado']),
  ...each('w28.broken_off', ['on'], ['wado']), ...each('w28.drops', ['2'], ['wado']), ...each('w29.login_page', ['on'], ['wado']),
];

const chosen = new RegExp(process.env.QUIRKS ?? '');

describe('a retrieve from an archive with a quirk is whole, or visibly broken', { timeout: 900000, concurrency: 2 }, () => {
  let data;
  let study;
  before(async () => {
    data = await syntheticStudies({ studies: 20, seed: 7 });
    const size = (one) => one.series.reduce((sum, { instances }) => sum + instances.length, 0);
    study = data.truth.studies.reduce((most, one) => (size(one) > size(most) ? one : most));
  });

  for (const { quirk, value, on } of cases.filter(({ quirk: name }) => chosen.test(name))) {
    for (const way of on) {
      test(`${quirk}=${value}, ${way}`, async (t) => {
        const port = await freePort();
        const pacs = await startQuirkPacs({ truth: data.truth, files: data.root, destinations: { '*': { host: '127.0.0.1', port } },
          quirks: quirk === 'none' ? {} : { [quirk]: value }, ...(way === 'wado' ? { dimse: false } : { http: false }) });
        t.after(() => pacs.close());
        const face = way === 'wado' ? 'dicomweb' : 'dimse';
        const source = sourceFor({ kind: face, port: pacs.dimsePort, aet: pacs.aet, url: pacs.url }, face, way === 'wado' ? {} : { retrieve: [way], timeouts: { transfer: '30s' } });
        const pons = await startPons({ log: { level: 'error' }, dicom: { listen: `127.0.0.1:${port}` }, sources: { main: source } });
        t.after(() => pons.stop());
        const got = await retrieve(`${pons.url}/dicomweb/studies/${study.attributes.StudyInstanceUID}`);
        const wanted = study.series.flatMap(({ instances }) => instances.map(({ attributes }) => attributes.SOPInstanceUID)).sort();
        const sops = got.parts.map(({ sop }) => sop).sort();
        if (process.env.QUIRK_VERDICTS) console.log(JSON.stringify({ quirk, value, way, status: got.status, parts: sops.length, of: wanted.length, whole: got.whole, text: got.text?.slice(0, 120) }));
        for (const sop of sops) assert.ok(wanted.includes(sop), 'an instance of another study');
        if (got.status === 200 && got.whole) assert.deepEqual(sops, wanted, 'ended well, and is not all');
        else assert.ok(got.error || got.status >= 400, `${got.status} and no error`);
      });
    }
  }
});
