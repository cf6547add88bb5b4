// deploy/demo as a newcomer runs it, with the program under test instead of a build of its own.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from './support/archives.mjs';
import { binary } from './support/pons.mjs';
import { accepts, start, until } from './support/processes.mjs';

const demo = (...args) => start(join(repository, 'deploy', 'demo'), args,
  { cwd: tmpdir(), env: { ...process.env, PONS_BINARY: binary() } });

test('the demo shows the studies of both archives, each with an Endpoint that brings it whole', { timeout: 120000 }, async () => {
  const run = demo('--once');
  const { code } = await run.ended;
  assert.equal(code, 0, run.output);
  const rows = run.output.split('\n').filter((line) => /^ {2}[0-9-]{1,10} +\S+ .*http:\/\/127\.0\.0\.1:\d+\/dicomweb/.test(line));
  assert.equal(rows.length, 15, run.output);
  assert.equal(rows.filter((row) => row.split('http://').length === 3).length, 2, 'one study is in both archives, and found twice');
  const [, atOnce] = /\nThe patients of both archives at once\n.*\n((?: {2}.*\n)+)The images/.exec(run.output);
  assert.equal(atOnce.split('\n').filter((line) => rows.includes(line)).length, 7, 'the last answer holds them all');
  const whole = [...run.output.matchAll(/\n {2}(main-pacs|web) +(\d+) instances, \d+ kB: all that the study has, bit by bit as the archive holds them, (\d+) as they were loaded(?=\n)/g)]
    .map(([, source, instances, loaded]) => ({ source, instances, loaded }));
  assert.deepEqual(whole.map(({ source }) => source).sort(), [...Array(5).fill('main-pacs'), ...Array(3).fill('web')], run.output);
  assert.ok(whole.some(({ source, instances, loaded }) => source === 'main-pacs' && instances === '11' && loaded === '11'), run.output);
  assert.match(run.output, /\n {2}getscu .*\n {2}12 instances: all that both studies have, [7-9] bit by bit/);
  assert.ok(whole.every(({ source, instances, loaded }) => source === 'main-pacs' || loaded === instances), run.output);
  assert.match(run.output, /main-pacs stopped\n.*\n.*\/sources\/web\n {2}INCOMPLETE: source main-pacs: the archive (cannot be reached|broke off in the middle of its answer)\n/);
  assert.match(run.output, /IHEInvokeImageDisplay\?requestType=PATIENT/);
});

for (const [end, signal] of [
  ['at Ctrl-C', (run) => run.signal('SIGINT')],
  ['when its terminal is closed', (run) => process.kill(-run.child.pid, 'SIGHUP')],  // all that runs there hears of it
]) {
  test(`the demo goes to another port when one is taken, and stops all that it started ${end}`, { timeout: 120000 }, async (t) => {
    // The port may be taken already, by whomever: all the better.
    const taken = createServer().on('error', () => {});
    await new Promise((resolve) => { taken.on('error', resolve); taken.listen(8080, '127.0.0.1', resolve); });
    t.after(() => taken.close());
    const run = demo();
    await until(() => run.output.includes('Ctrl-C stops'), { what: 'the demo', started: run, timeout: 90000 });
    assert.match(run.output, /Port 8080 is taken; Pons listens on \d+/);
    const port = Number(/answers at http:\/\/127\.0\.0\.1:(\d+)/.exec(run.output)[1]);
    assert.ok(await accepts(port));
    signal(run);
    const { code } = await run.ended;
    if (end === 'at Ctrl-C') assert.equal(code, 0, run.output);
    assert.equal(await accepts(port), false);
  });
}
