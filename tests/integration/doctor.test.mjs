// pons doctor before archives that are well, and before such that are not: what it says, and its exit code.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { HostileArchive } from '../support/hostile/archive.mjs';
import { madeInstance } from '../support/hostile/instances.mjs';
import { startQuirkPacs } from '../support/quirk_pacs/archive.mjs';
import { sampleTruth } from '../support/quirk_pacs/sample.mjs';
import { startDcmqrscp, startOrthanc, syntheticStudies } from './support/archives.mjs';
import { authority } from './support/certificates.mjs';
import { binary, sourceFor, startPons } from './support/pons.mjs';
import { freePort, removeFolder, start, temporaryFolder } from './support/processes.mjs';
import { rawPeer, tlsFront } from './support/tls_front.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
});

const timeouts = { first_response: '3s', between_responses: '2s' };
const source = (archive, more = {}) => ({ kind: 'dimse', host: '127.0.0.1', port: archive.port, called_ae: archive.aet, timeouts, ...more });

/// {code, output, json} of the program.
async function run(port, sources, args = ['--json'], tls = undefined) {
  const folder = temporaryFolder('doctor');
  const config = join(folder, 'pons.yaml');
  writeFileSync(config, JSON.stringify({ dicom: { listen: `127.0.0.1:${port}`, ...(tls ? { tls } : {}) }, sources }));
  const asked = start(binary(), ['doctor', ...args, '--config', config]);
  const { code } = await asked.ended;
  removeFolder(folder);
  const from = asked.output.search(/^\[/m);  // warnings about the configuration may stand around
  return { code, output: asked.output, json: from >= 0 ? JSON.parse(asked.output.slice(from, asked.output.lastIndexOf(']') + 1)) : undefined };
}

/// {code, stages: {name: stage}, order, last} of the one source of a configuration.
async function doctor(port, one, tls) {
  const { code, json: [{ source: name, exit_code, stages }] } = await run(port, { pacs: one }, ['--json'], tls);
  assert.equal(name, 'pacs');
  assert.equal(exit_code, code);
  for (const { name: stage, ok, advice } of stages) assert.ok(ok || advice, `${stage}: a failure says what to do`);
  return { code, stages: Object.fromEntries(stages.map((stage) => [stage.name, stage])), order: stages.map((stage) => stage.name), last: stages.at(-1) };
}

const study = '1.2.826.0.1.3680043.10.1.9';
const instances = [madeInstance({ study, size: 4096 }), madeInstance({ study, number: 2, size: 4096 })];

async function hostile(does) {
  const port = await freePort();
  const archive = kept(await new HostileArchive(instances, does).start()).sendsTo(port);
  return { archive, port };
}

test('both ways work: one instance comes by each', async () => {
  const { archive, port } = await hostile({});
  const { code, stages, order } = await doctor(port, source(archive));
  assert.equal(code, 0);
  assert.deepEqual(order, ['name', 'TCP', 'association', 'C-ECHO', 'C-FIND', 'instance', 'C-GET', 'C-MOVE']);
  for (const way of ['C-GET', 'C-MOVE']) assert.match(stages[way].text, /^One instance came: 5 kB in \d+ ms, transfer syntax 1\.2\.840\.10008\.1\.2\.1\.$/);
  assert.deepEqual(archive.storeStatuses, [0, 0]);
});

test('one way that does not work is told, and the other counts', async () => {
  const { archive, port } = await hostile({ refuses: (sop) => /4\.1\.2\.2\.3$/.test(sop) });
  const { code, stages } = await doctor(port, source(archive));
  assert.equal(code, 0);
  assert.match(stages['C-GET'].text, /C-GET not accepted.*The other way is taken instead/);
  assert.match(stages['C-GET'].advice, /take c-get out of retrieve/);
  assert.match(stages['C-MOVE'].text, /One instance came/);
});

test('nothing comes: both ways fail, with what to do', async () => {
  const { archive, port } = await hostile({ drops: () => true, counters: 'zero' });
  const { code, stages } = await doctor(port, source(archive));
  assert.equal(code, 28);
  assert.ok(!stages['C-GET'].ok && !stages['C-MOVE'].ok);
  assert.match(stages['C-MOVE'].advice, new RegExp(`AE title: PONS_MOVE\nhost: .*\nport: ${port}$`));
});

test('an archive without studies', async () => {
  const archive = kept(await new HostileArchive([]).start());
  const { code, order, stages } = await doctor(await freePort(), source(archive));
  assert.equal(code, 0);
  assert.equal(order.at(-1), 'instance');
  assert.match(stages.instance.text, /no retrieve was tried/);
});

test('while Pons serves, C-MOVE is not tried, and that is told', async () => {
  const { archive, port } = await hostile({});
  kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, sources: { pacs: source(archive) } }));
  const { code, stages } = await doctor(port, source(archive));
  assert.equal(code, 0);
  assert.match(stages['C-GET'].text, /One instance came/);
  assert.match(stages['C-MOVE'].text, /^Not tried/);
  assert.match(stages['C-MOVE'].advice, /stop it/);
});

test('real archives: dcmqrscp, which does not know us as a destination, and Orthanc by DICOMweb', async () => {
  const data = await syntheticStudies({ studies: 3, plain: true });
  const qrscp = kept(await startDcmqrscp(data));
  const dimse = await doctor(await freePort(), { ...sourceFor(qrscp), timeouts });
  assert.equal(dimse.code, 0, JSON.stringify(dimse.stages));
  assert.match(dimse.stages['C-GET'].text, /One instance came/);
  assert.match(dimse.stages['C-MOVE'].text, /A801.*The other way is taken instead/);
  const moved = await doctor(await freePort(), { ...sourceFor(qrscp), timeouts, retrieve: ['c-move'] });
  assert.equal(moved.code, 29);
  assert.match(moved.last.text, /A801/);
  assert.match(moved.last.advice, /^There: add to the archive's table of AE titles.*for PONS\nAE title: PONS_MOVE\nhost: .*\nport: \d+$/);
  const port = await freePort();
  const unreachable = kept(await startDcmqrscp(data, { destinations: { PONS_MOVE: await freePort() } }));
  const lost = await doctor(port, { ...sourceFor(unreachable), timeouts, retrieve: ['c-move'] });
  assert.equal(lost.code, 30, JSON.stringify(lost.stages));
  assert.match(lost.last.text, new RegExp(`never connected to 127.0.0.1 port ${port}`));
  assert.match(lost.last.advice, new RegExp(`AE title: PONS_MOVE\nhost: .*\nport: ${port}$`));
  const orthanc = kept(await startOrthanc(data));
  const web = await doctor(await freePort(), { ...sourceFor(orthanc), timeouts });
  assert.equal(web.code, 0, JSON.stringify(web.stages));
  assert.match(web.stages['WADO-RS'].text, /One instance came/);
});

test('over TLS: all is well, or well but for what is not looked at', async () => {
  const ours = await authority('Hospital');
  const [server, client] = [await ours.issue('archive'), await ours.issue('pons')];
  const { archive, port } = await hostile({});
  const at = { port: kept(await tlsFront(archive.port, { identity: server, clients: ours.certificate })).port, aet: archive.aet };
  const tls = { enabled: true, ca_file: ours.certificate, cert_file: client.cert, key_file: client.key };
  const { code, stages, order } = await doctor(port, source(at, { host: 'localhost', tls }));
  assert.equal(code, 0, JSON.stringify(stages));
  assert.deepEqual(order, ['name', 'TCP', 'TLS', 'association', 'C-ECHO', 'C-FIND', 'instance', 'C-GET', 'C-MOVE']);
  assert.equal(stages.TLS.text, "TLSv1.3; the archive's certificate is good for localhost.");
  assert.match(stages['C-MOVE'].text, /It came in the clear\.$/);
  const unseen = await doctor(port, source(at, { host: 'localhost', tls: { ...tls, verify: false } }));
  assert.equal(unseen.code, 0);
  assert.match(unseen.stages.TLS.text, /certificate is not looked at/);
  assert.match(unseen.stages.TLS.advice, /tls\.verify/);
  removeFolder(ours.folder);
});

test('C-MOVE by TLS: it comes, or the doctor says that there was none', async () => {
  const ours = await authority('Hospital');
  const [server, client] = [await ours.issue('archive'), await ours.issue('pons')];
  const { archive, port } = await hostile({});
  const listener = { enabled: true, cert_file: client.cert, key_file: client.key, ca_file: ours.certificate };
  const one = source(archive, { retrieve: ['c-move'] });
  const tls = { ca: readFileSync(ours.certificate), cert: readFileSync(server.cert), key: readFileSync(server.key) };
  archive.sendsTo(port, tls);
  const good = await doctor(port, one, listener);
  assert.equal(good.code, 0, JSON.stringify(good.stages));
  assert.match(good.stages['C-MOVE'].text, /It came by TLS\.$/);
  archive.sendsTo(port);
  const clear = await doctor(port, one, listener);
  assert.equal(clear.code, 28, JSON.stringify(clear.stages));
  assert.match(clear.last.text, /connected to us, and there was no TLS, which dicom\.tls wants/);
  assert.match(clear.last.advice, /send to PONS_MOVE by TLS/);
  archive.sendsTo(port, tls);
  const unwanted = await doctor(port, one);
  assert.match(unwanted.last.text, /connected to us by TLS, and dicom\.listen has none/);
  const unusable = await doctor(port, one, { ...listener, key_file: server.key });
  assert.equal(unusable.code, 20, JSON.stringify(unusable.stages));
  assert.match(unusable.last.text, /^Not tried: dicom\.tls\.key_file: /);
  removeFolder(ours.folder);
});

test('an archive that wants an association for each operation: found out, and well once it is written down', async () => {
  for (const quirks of [{ 'n3.operations': '1' }, { 'n3.second': 'silent' }, { 'n3.second': 'stale' }]) {
    const pacs = await startQuirkPacs({ truth: sampleTruth, quirks, http: false });
    const one = source({ port: pacs.dimsePort, aet: pacs.aet }, { retrieve: ['c-get'] });
    const unknown = await doctor(await freePort(), one);
    assert.match(unknown.stages['C-FIND'].advice, /On an association that has had another operation it failed.*Here: write limits\.operations: 1/, JSON.stringify(unknown.stages));
    const known = await doctor(await freePort(), { ...one, limits: { operations: 1 } });
    assert.equal(known.stages['C-FIND'].advice, '');
    assert.ok(known.stages['C-ECHO'].ok && known.stages['C-FIND'].ok);
    await pacs.close();
  }
});

// One thing wrong at a time: the exit code, the step that is named, what is said, and what to change on which side.
test('broken in one place at a time', { timeout: 180000 }, async (t) => {
  const ours = await authority('Hospital');
  const theirs = await authority('Somebody else');
  const [good, elsewhere, late, unknown, client] = [await ours.issue('good'), await ours.issue('elsewhere', { names: 'DNS:pacs.example.org' }),
    await ours.issue('late', { days: -1 }), await theirs.issue('unknown'), await ours.issue('client')];
  const { archive: well, port } = await hostile({});
  const front = async (options) => kept(await tlsFront(well.port, { identity: good, ...options })).port;
  const of = async (does) => source((await hostile(does)).archive);
  const by = (one, more) => ({ ...one, ...more });
  const tls = (at, more = {}) => source({ port: at, aet: well.aet }, { host: 'localhost', retrieve: ['c-get'], tls: { enabled: true, ca_file: ours.certificate, ...more } });
  const ours3 = `AE title: PONS\nhost: 127\\.0\\.0\\.1\nport: ${port}$`;
  const cases = [
    ['a wrong host name', source(well, { host: 'no-such-host.invalid', timeouts: { connect: '20s' } }), 21, 'name', /could not be resolved/, /host of this source/],
    ['a closed port', source({ port: await freePort(), aet: 'X' }), 22, 'TCP', /Nothing listens/, /host and port/],
    ['a wrong called AE title', await of({ rejects: ({ called }) => (called === 'RIGHT' ? undefined : [1, 1, 7]) }), 24, 'association', /called AE title not recognized/, new RegExp(`Here: called_ae of this source is HOSTILE[^]*${ours3}`)],
    ['a calling AE title that is not listed', await of({ rejects: ({ calling }) => (calling === 'LISTED' ? undefined : [1, 1, 3]) }), 24, 'association', /calling AE title not recognized/, new RegExp(`^There: .*\n${ours3}`)],
    ['rejected without a reason', await of({ rejects: () => [1, 1, 1] }), 24, 'association', /no reason given/, new RegExp(ours3)],
    ['no association to spare', by(await of({ rejects: () => [2, 3, 2] }), { timeouts: { association: '1s' } }), 24, 'association', /local limit exceeded/, /limits\.associations/],
    ['no C-FIND', await of({ refuses: (sop) => /4\.1\.2\.2\.1$/.test(sop) }), 24, 'C-ECHO', /C-ECHO/, undefined],
    ['no C-GET', by(await of({ refuses: (sop) => /4\.1\.2\.2\.3$/.test(sop) }), { retrieve: ['c-get'] }), 28, 'C-GET', /C-GET not accepted/, /There: allow Study Root Query\/Retrieve GET for PONS/],
    ['no C-MOVE', by(await of({ refuses: (sop) => /4\.1\.2\.2\.2$/.test(sop) }), { retrieve: ['c-move'] }), 28, 'C-MOVE', /C-MOVE/, /There: allow Study Root Query\/Retrieve MOVE for PONS/],
    ['an unknown destination: A801', by(await of({ moveAnswer: { status: 0xa801 } }), { retrieve: ['c-move'] }), 29, 'C-MOVE', /A801/, /AE title: PONS_MOVE\n/],
    ['an unknown destination: C000 and a comment', by(await of({ moveAnswer: { status: 0xc000, comment: 'Unknown destination for SECRET^NAME' } }), { retrieve: ['c-move'] }), 29, 'C-MOVE', /C000: move destination unknown there/, /AE title: PONS_MOVE\n/],
    ['C000 without a word', by(await of({ moveAnswer: { status: 0xc001 } }), { retrieve: ['c-move'] }), 30, 'C-MOVE', /C001.*never connected/, /firewall/],
    ['a store port that cannot be reached', by(await of({ moveAnswer: { status: 0xa702 } }), { retrieve: ['c-move'] }), 30, 'C-MOVE', /A702.*never connected/, /firewall/],
    ['C-MOVE that is refused for what it asks', by(await of({ moveAnswer: { status: 0xa900 } }), { retrieve: ['c-move'] }), 28, 'C-MOVE', /A900/, /^There: look into the archive's log/],
    ['another AE title of ours is called', undefined, 29, 'C-MOVE', /called another AE title than PONS_MOVE/, /AE title: PONS_MOVE\n/],
    ['TLS: another name', tls(await front({ identity: elsewhere })), 23, 'TLS', /for another name \(it is for pacs\.example\.org\)/, /give it a certificate for localhost/],
    ['TLS: an unknown authority', tls(await front({ identity: unknown })), 23, 'TLS', /not trusted here/, /tls\.ca_file/],
    ['TLS: expired', tls(await front({ identity: late })), 23, 'TLS', /has expired \(on 20/, /Renew/],
    ['TLS: our certificate is missing', tls(await front({ clients: ours.certificate })), 23, 'TLS', /asks for a certificate of ours/, /tls\.cert_file/],
    ['TLS: our certificate is not known', tls(await front({ clients: theirs.certificate }), { cert_file: client.cert, key_file: client.key }), 23, 'TLS', /did not accept our certificate/, /There: trust/],
    ['TLS: the archive has none', tls(kept(await rawPeer({ closes: true })).port), 23, 'TLS', /ended the connection in the TLS handshake/, /port/],
    ['TLS: the archive is too old', tls(await front({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })), 23, 'TLS', /no TLS from version 1\.2/, /Allow TLS 1\.2/],
    ['TLS: a file that is none', tls(await front(), { ca_file: client.key }), 20, 'settings', /tls\.ca_file/, /Correct/],
    ['TLS is off here and on there', source({ port: await front(), aet: well.aet }), 32, 'TLS', /speaks TLS at this port \(TLSv1\.3\), and this source is without/, /tls\.enabled/],
    ['TLS is off here and on there, which wants a certificate', source({ port: await front({ clients: ours.certificate, maxVersion: 'TLSv1.2' }), aet: well.aet }), 32, 'TLS', /speaks TLS at this port/, /tls\.enabled/],
    ['TLS is on here and off there', tls(well.port), 33, 'TLS', /speaks DICOM without TLS at this port/, /port that the archive has for TLS/],
    ['TLS is on here and off there, where we are not known', tls((await hostile({ rejects: () => [1, 1, 3] })).archive.port), 33, 'TLS', /without TLS/, /tls\.enabled/],
    ['switched off', source(well, { enabled: false }), 31, 'enabled', /switched off/, /enabled: true/],
    ['outside its hours', source(well, { hours: hoursAway(), timezone: 'UTC' }), 31, 'hours', /outside the hours/, /again in \d+ h \d+ min/],
  ];
  for (const [name, one, code, stage, text, advice] of cases)
    await t.test(name, async () => {
      let at = port;
      let asked = one;
      if (!one) {
        const wrong = await hostile({ calls: 'PONS_STORE' });
        [at, asked] = [wrong.port, source(wrong.archive, { retrieve: ['c-move'] })];
      }
      const told = await doctor(at, asked);
      const said = JSON.stringify(told.stages, null, 1);
      assert.equal(told.code, code, said);
      assert.equal(told.last.name, stage, said);
      assert.match(told.last.text, text);
      if (advice) assert.match(told.last.advice, advice);
      assert.doesNotMatch(said, /SECRET/);
    });
  removeFolder(ours.folder);
  removeFolder(theirs.folder);
});

// An hour of the day that is not now, by UTC.
function hoursAway() {
  const hour = (new Date().getUTCHours() + 6) % 23;
  return `${`${hour}`.padStart(2, '0')}:00-${`${hour + 1}`.padStart(2, '0')}:00`;
}

test('broken in one place at a time: DICOMweb', async (t) => {
  let answer;
  const server = createServer((asked, reply) => { reply.writeHead(answer.status, answer.headers); reply.end(answer.body ?? ''); });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const web = { kind: 'dicomweb', url: `http://127.0.0.1:${server.address().port}/dicom-web`, timeouts };
  const page = { 'Content-Type': 'text/html' };
  const cases = [
    ['credentials', { status: 401, headers: {} }, 26, /status 401/, /Here: check credentials/],
    ['not allowed', { status: 403, headers: {} }, 26, /status 403/, /There: see what the archive allows/],
    ['a wrong path', { status: 404, headers: page, body: '<html>' }, 26, /status 404/, /path in url/],
    ['a log-in page', { status: 200, headers: page, body: '<html><form>' }, 26, /web page/, /log-in/],
    ['sent to a log-in page', { status: 302, headers: { Location: '/login' } }, 26, /status 302/, /log-in/],
    ['it fails', { status: 500, headers: {} }, 27, /status 500/, /own log/],
  ];
  for (const [name, is, code, text, advice] of cases)
    await t.test(name, async () => {
      answer = is;
      const told = await doctor(await freePort(), web);
      assert.equal(told.code, code, JSON.stringify(told.stages));
      assert.match(told.last.text, text);
      assert.match(told.last.advice, advice);
    });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('--all: every source side by side, and the exit code of the worst', async () => {
  const { archive, port } = await hostile({});
  const sources = { well: source(archive), off: source(archive, { enabled: false }), unlisted: source((await hostile({ rejects: () => [1, 1, 3] })).archive),
    gone: source({ port: await freePort(), aet: 'X' }) };
  const { code, output } = await run(port, sources, ['--all']);
  assert.equal(code, 22);
  const rows = output.split('\n').map((line) => line.trim().split(/\s+/).join(' '));
  for (const row of ['source name TCP TLS association C-ECHO HTTP find retrieve exit code', 'well ok ok - ok ok - ok ok 0', 'off off - - - - - - - 0',
    'unlisted ok ok - FAIL - - - - 24', 'gone ok FAIL - - - - - - 22']) assert.ok(rows.includes(row), `${row} in\n${output}`);
  assert.match(output, /unlisted\n {2}FAIL {2}association: .*\n {8}There: add .*\n {12}AE title: PONS\n {12}host: 127\.0\.0\.1\n {12}port: \d+\n/);
  const { code: same, json } = await run(port, sources, ['--all', '--json']);
  assert.equal(same, 22);
  assert.deepEqual(json.map(({ source: name, exit_code }) => [name, exit_code]), [['well', 0], ['off', 0], ['unlisted', 24], ['gone', 22]]);
  assert.match(output, /off\n {2}off {3}enabled: This source is switched off/);
  assert.equal((await run(port, { well: sources.well, off: sources.off }, ['--all'])).code, 0);
  assert.equal((await run(port, { well: sources.well, closed: source(archive, { hours: hoursAway(), timezone: 'UTC' }) }, ['--all'])).code, 31);
  assert.equal((await run(port, sources, ['off'])).code, 31);
  assert.equal((await run(port, sources, ['well'])).code, 0);
  assert.equal((await run(port, sources, ['--all', 'well'])).code, 2);
});
