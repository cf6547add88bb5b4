// Modality worklist: findscu asks Pons, before DCMTK's wlmscpfs (and wlmscpfs itself), and before a server of UPS-RS workitems.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPons } from './support/pons.mjs';
import { freePort } from './support/processes.mjs';
import { asking, cases, ids, items, sorted, startWlmscpfs, startWorkitems, step, worklist } from './support/worklists.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

let wlm, workitems, pons;
const at = {};
before(async () => {
  wlm = kept(await startWlmscpfs());
  workitems = kept(await startWorkitems());
  const dimsePort = await freePort();
  pons = kept(await startPons({
    dicom: { listen: `127.0.0.1:${dimsePort}`, ae_titles: { PONS_WLM: ['wlm'], PONS_UPS: ['ups'], PONS_NONE: ['none'], PONS_GONE: ['gone'] } },
    peers: { CT1: { host: '127.0.0.1', port: 104 } },
    sources: {
      wlm: { kind: 'dimse', host: '127.0.0.1', port: wlm.dimsePort, called_ae: 'WORKLIST', worklist: 'mwl' },
      ups: { kind: 'dicomweb', url: workitems.url, worklist: 'ups', answer_cache: { size: 0 } },
      none: { kind: 'dicomweb', url: workitems.url },
      gone: { kind: 'dimse', host: '127.0.0.1', port: 9, called_ae: 'GONE', worklist: 'mwl' },
    },
  }));
  for (const aet of ['PONS', 'PONS_WLM', 'PONS_UPS', 'PONS_NONE', 'PONS_GONE']) at[aet] = { aet, dimsePort };
});

test('what findscu is told of wlmscpfs equals what wlmscpfs itself tells', { timeout: 120000 }, async () => {
  for (const [keys, expected] of cases) {
    const what = keys.join(' ');
    const [itself, told] = [await worklist(wlm, asking(...keys)), await worklist(at.PONS_WLM, asking(...keys))];
    assert.equal(told.status, '0000', `${what}\n${told.text}`);
    assert.deepEqual(sorted(told.rows), sorted(itself.rows), what);
    assert.deepEqual(ids(told), expected, what);
  }
});

test('and in Implicit VR', async () => {
  const keys = asking(`${step('Modality')}=CT`);
  const told = await worklist(at.PONS_WLM, keys, ['-xi']);
  assert.deepEqual(sorted(told.rows), sorted((await worklist(wlm, keys, ['-xi'])).rows));
  assert.equal(told.rows.length, 2);
});

test('UPS-RS workitems are told as scheduled procedure steps', { timeout: 120000 }, async () => {
  for (const [keys, expected] of cases) {
    const told = await worklist(at.PONS_UPS, asking(...keys));
    assert.equal(told.status, '0000', `${keys.join(' ')}\n${told.text}`);
    assert.deepEqual(ids(told), expected, keys.join(' '));
    assert.ok(told.pending.every((s) => s === 'FF00'));
  }
  const [row] = (await worklist(at.PONS_UPS, asking('PatientID=GV1'))).rows;
  const [one] = row['00400100'].Value;
  assert.deepEqual([row['00080050'].Value, row['00401001'].Value, row['0020000D'].Value], [['10001'], ['RP1'], ['1.2.276.0.7230010.3.2.2']]);
  assert.deepEqual(['00080060', '00400001', '00400002', '00400003', '00400007'].map((tag) => one[tag].Value[0]), ['CT', 'CT1', '20240706', '1130', 'EXAM1']);
  assert.ok(workitems.asked.some((target) => target.includes('PatientID=GP2')));
  assert.ok(workitems.asked.every((target) => target.includes('ProcedureStepState=SCHEDULED')));
});

test('several worklists at once, and those that cannot be had', { timeout: 60000 }, async () => {
  const keys = asking(`${step('Modality')}=CT`);
  const all = await worklist(at.PONS, keys);  // with one that is gone
  assert.deepEqual([ids(all), all.status], [['GP2', 'GP2', 'GV1', 'GV1'], 'A700']);
  const gone = await worklist(at.PONS_GONE, keys);
  assert.deepEqual([gone.rows.length, gone.status], [0, 'A700']);
  const none = await worklist(at.PONS_NONE, keys);
  assert.deepEqual([none.rows.length, none.status], [0, 'C000']);
  workitems.down = true;
  const down = await worklist(at.PONS_UPS, keys);
  workitems.down = false;
  assert.deepEqual([down.rows.length, down.status], [0, 'A700']);
});

test('a worklist server that stops without a word is asked on; of one that ignores offset it cannot be known', { timeout: 60000 }, async (t) => {
  t.after(() => Object.assign(workitems, { silent: false, repeats: false }));
  workitems.silent = true;
  const all = await worklist(at.PONS_UPS, asking());
  assert.deepEqual([ids(all), all.status], [['AV35674', 'GP2', 'GV1', 'JM3'], '0000']);
  workitems.repeats = true;
  const first = await worklist(at.PONS_UPS, asking());
  assert.deepEqual([first.rows.length, first.status], [3, 'A700']);
  workitems.silent = false;  // now it says that there are more, and gives the same again
  const told = await worklist(at.PONS_UPS, asking());
  assert.deepEqual([told.rows.length, told.status], [3, 'A700']);
});

test('a worklist that gives as many items as it is known to stop at ends with A700', { timeout: 60000 }, async (t) => {
  const dimsePort = await freePort();
  const other = await startPons({ dicom: { listen: `127.0.0.1:${dimsePort}` }, peers: { CT1: { host: '127.0.0.1', port: 104 } },
    sources: { capped: { kind: 'dimse', host: '127.0.0.1', port: wlm.dimsePort, called_ae: 'WORKLIST', worklist: 'mwl', quirks: { max_results: items.length } } } });
  t.after(() => other.stop());
  const capped = { aet: 'PONS', dimsePort };
  const all = await worklist(capped, asking());
  assert.deepEqual([all.rows.length, all.status], [items.length, 'A700']);
  const some = await worklist(capped, asking('PatientID=GP2'));
  assert.deepEqual([some.rows.length, some.status], [1, '0000']);
});
