// C-MOVE to destinations that take TLS, storescp's own, and what is told when there is none to be had.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { authority } from './support/certificates.mjs';
import { move, receiver } from './support/dcmtk_clients.mjs';
import { startPons } from './support/pons.mjs';
import { freePort, removeFolder } from './support/processes.mjs';
import { madeInstances, wadoStub } from './support/wado_stub.mjs';

const open = [];
const kept = (thing) => { open.push(thing); return thing; };
const folders = [];
let ours, theirs, server, client, stranger, elsewhere;
before(async () => {
  [ours, theirs] = [await authority('Hospital'), await authority('Somebody else')];
  folders.push(ours.folder, theirs.folder);
  [server, client, stranger] = [await ours.issue('workstation'), await ours.issue('pons'), await theirs.issue('workstation')];
  elsewhere = await ours.issue('elsewhere', { names: 'DNS:ws.example.org' });
});
after(async () => {
  for (const thing of open.reverse()) await thing.stop();
  for (const folder of folders) removeFolder(folder);
});

const instances = madeInstances('1.2.51', 4, 300000);
const trusting = (more = {}) => ({ enabled: true, ca_file: ours.certificate, ...more });
const showing = (identity) => trusting({ cert_file: identity.cert, key_file: identity.key });
const taking = (identity, ...more) => ['+tls', identity.key, identity.cert, '+cf', ours.certificate, ...more];

// Pons before a DICOMweb archive; `peers`: {AE title: [port, tls]}.
async function serve(peers) {
  const stub = kept(await wadoStub(instances));
  const port = await freePort();
  const entries = Object.entries(peers).map(([title, [to, tls]]) => [title, { host: 'localhost', port: to, ...(tls ? { tls } : {}) }]);
  const pons = kept(await startPons({ dicom: { listen: `127.0.0.1:${port}` }, peers: Object.fromEntries([['MOVESCU', { host: '127.0.0.1', port: 104 }], ...entries]),
    sources: { web: { kind: 'dicomweb', url: stub.url } } }));
  return Object.assign(pons, { dimsePort: port, sendTo: (title) => move({ dimsePort: port }, title, ['StudyInstanceUID=1.2.51'], { options: ['-aec', 'PONS'] }) });
}
const comment = ({ text }) => [.../\(0000,0902\) LO \[(.*?)\]/.exec(text) ?? []].at(1)?.trim();

test('storescp +tls takes what C-MOVE sends; one that demands a certificate of ours sees it', { timeout: 120000 }, async () => {
  const [any, demanding] = [kept(await receiver(taking(server, '-ic'))), kept(await receiver(taking(server, '-rc')))];
  const pons = await serve({ ANY: [any.port, trusting()], DEMANDING: [demanding.port, showing(client)] });
  for (const [title, scp] of [['ANY', any], ['DEMANDING', demanding]]) {
    const moved = await pons.sendTo(title);
    assert.deepEqual([moved.status, moved.counters], ['0000', '4'], `${title}: ${moved.text.slice(-1500)}`);
    assert.equal(scp.files().length, 4, title);
  }
});

test('a destination without the TLS that it should have gets nothing, and all are told why', { timeout: 120000 }, async (t) => {
  const cases = [
    ['STRANGE', await receiver(taking(stranger, '-ic')), () => trusting(), /TLS: its certificate is from an authority/, /TLS: its certificate is from an authority that is not trusted here/],
    ['ELSEWHERE', await receiver(taking(elsewhere, '-ic')), () => trusting(), /TLS: its certificate is for another/, /TLS: its certificate is for another name \(.*ws\.example\.org/],
    ['DEMANDING', await receiver(taking(server, '-rc')), () => trusting(), /TLS: it asks for a certificate of ours/, /TLS: it asks for a certificate of ours, and there is none/],
    ['PLAIN', await receiver(), () => trusting(), /TLS: /, /TLS: (what answers there does not speak TLS|it ended the connection|it did not answer)/],
    ['SECURE', await receiver(taking(server, '-ic')), () => undefined, /it (broke off|cannot be reached)/, undefined],
  ];
  for (const [, scp] of cases) kept(scp);
  const pons = await serve(Object.fromEntries(cases.map(([title, scp, tls]) => [title, [scp.port, tls()]])));
  for (const [title, scp, , told, logged] of cases)
    await t.test(title, async () => {
      const moved = await pons.sendTo(title);
      assert.equal(moved.status, 'A702', moved.text.slice(-1500));
      assert.match(comment(moved), new RegExp(`^destination ${title}: ${told.source}`));
      assert.equal(scp.files().length, 0);
      assert.match(pons.process.output, new RegExp(`retrieve of MOVESCU .*: 0 sent, 4 failed; destination ${title}: ${told.source}`));
      if (logged) assert.match(pons.process.output, new RegExp(`no DICOM association with peer ${title} at localhost:${scp.port}: ${logged.source}`));
    });
});

test('verify: false for a peer is warned of at the start, and works', { timeout: 60000 }, async () => {
  const scp = kept(await receiver(taking(stranger, '-ic')));
  const pons = await serve({ STRANGE: [scp.port, { enabled: true, verify: false }] });
  assert.match(pons.process.output, /peers\.STRANGE\.tls\.verify.*lets anybody pose as the peer/);
  assert.equal((await pons.sendTo('STRANGE')).status, '0000');
});
