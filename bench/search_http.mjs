// CPU of a FHIR search over HTTP against nginx's proxy_pass of the same upstream, in turns, each server alone on core 0.
//
//   node bench/search_http.mjs [seconds a round, default 5]
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPons } from '../tests/integration/support/pons.mjs';
import { temporaryFolder } from '../tests/integration/support/processes.mjs';
import { cpu, load, median, pin, program, report, sourceOf, startNginx, sum, targets } from './support/measure.mjs';

const seconds = Number(process.argv[2] ?? 5);
const rounds = 3;
const serverCore = 0;
const otherCore = 1;

const cases = [
  { studies: 1, buffering: 'on', budget: '<= 1.25' },
  { studies: 100, buffering: 'off', budget: '<= 1.5' },
];

// Equal searches at once would be one query to the archive: there are more patients than connections.
const patients = Array.from({ length: 32 }, (_, n) => `P-7331-${10 + n}`);

// The archive: nginx that answers every QIDO-RS search of /N/dicom-web for a patient with the same N studies, also one for
// the half of them, so that Pons has to be told that it never stops early; there is no second page.
const answers = temporaryFolder('answers');
for (const { studies } of cases) {
  const one = execFileSync(program('search_mapping'), ['--answer', `${studies}`], { maxBuffer: 1 << 26 }).toString('latin1');
  for (const patient of patients) writeFileSync(join(answers, `${studies}-${patient}.json`), one.replaceAll('P-7331-04', patient), 'latin1');
}
const archive = await startNginx(`server { listen 127.0.0.1:$PORT; default_type application/dicom+json;
  ${cases.map((c) => `location = /${c.studies}/dicom-web/studies { if ($arg_offset) { return 200 '[]'; } alias ${answers}/${c.studies}-$arg_PatientID.json; }`).join('\n  ')} }`);
pin(archive.pid, otherCore);

const nginx = await startNginx(`upstream archive { server 127.0.0.1:${archive.port}; keepalive 64; keepalive_requests 100000000; }
  proxy_http_version 1.1; proxy_set_header Connection "";
  server { listen 127.0.0.1:$PORT;
  ${cases.map((c) => `location /${c.studies}/ { proxy_pass http://archive; proxy_buffering ${c.buffering}; }`).join('\n  ')} }`);
pin(nginx.pid, serverCore);

const searches = patients.map((patient) => `ImagingStudy?patient=${patient}&_count=100`);
for (const c of cases) {
  c.pons = await startPons({ fhir: { search_depth: 'study' }, sources: {
    web: { kind: 'dicomweb', url: `http://127.0.0.1:${archive.port}/${c.studies}/dicom-web`, limits: { associations: 8 }, answer_cache: { size: 0 },
      quirks: { max_results: 1_000_000 }, ...sourceOf } } });
  pin(c.pons.process.child.pid, serverCore);
  const bundle = await (await fetch(`${c.pons.base}/${searches[0]}`)).json();
  const remarks = bundle.entry.filter((e) => e.search.mode !== 'match').flatMap((e) => e.resource.issue.map((i) => i.diagnostics));
  assert.deepEqual(remarks, []);
  assert.equal(bundle.entry.length, c.studies, 'every study');
  const [target] = await targets(c.pons.config, searches[0]);
  assert.ok(target.includes(patients[0]));
  c.servers = {
    nginx: { port: nginx.port, pid: nginx.pid, paths: patients.map((patient) => target.replaceAll(patients[0], patient)), rounds: [] },
    pons: { port: c.pons.port, pid: c.pons.process.child.pid, paths: searches.map((search) => `/fhir/${search}`), rounds: [] },
  };
}

async function measure(server) {
  const before = cpu(server.pid);
  const { requests, perSecond } = await load(server.port, server.paths, { connections: 8, seconds, core: otherCore });
  server.rounds.push({ used: cpu(server.pid) - before, requests, perSecond });
}
for (const c of cases) for (const server of Object.values(c.servers)) await load(server.port, server.paths, { seconds: 1, core: otherCore });
for (let round = 0; round < rounds; ++round) for (const c of cases) for (const server of Object.values(c.servers)) await measure(server);

for (const c of cases) {
  const perRequest = Object.fromEntries(Object.entries(c.servers).map(([name, s]) =>
    [name, sum(s.rounds.map((r) => r.used)) / sum(s.rounds.map((r) => r.requests))]));
  const ratio = perRequest.pons / perRequest.nginx;
  const rate = (s) => Math.round(median(s.rounds.map((r) => r.perSecond)));
  report(`CPU of a search of ${c.studies} against proxy_pass${c.buffering === 'off' ? ', unbuffered' : ''}`,
    `${perRequest.pons.toFixed(0)} µs / ${perRequest.nginx.toFixed(0)} µs = ${ratio.toFixed(2)}; ${rate(c.servers.pons)} / ${rate(c.servers.nginx)} requests a second`,
    ratio, c.budget);
}
for (const c of cases) await c.pons.stop();
await nginx.stop();
await archive.stop();
