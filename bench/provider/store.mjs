// storescu of CT images until Orthanc, a DICOMweb server, holds them: through Pons (C-STORE to STOW-RS), straight into it by
// DIMSE, through another Orthanc that forwards by a rule, and by STOW-RS one after another without anyone between.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startOrthanc } from '../../tests/integration/support/archives.mjs';
import { sourceFor } from '../../tests/integration/support/pons.mjs';
import { removeFolder, temporaryFolder, until } from '../../tests/integration/support/processes.mjs';
import { filesOf, writeStudies } from '../support/ct_studies.mjs';
import { dimseOf, sockets, startProvider, storescu } from '../support/dimse.mjs';
import { cpu, inTurns, median, peak, ratioOf, report, reportGrowth, resident, timed } from '../support/measure.mjs';
import { stowInTurn } from '../support/stow.mjs';

// Orthanc's own way of forwarding whatever comes: jobs that store by DIMSE over an association that is kept.
const rule = `function OnStoredInstance(instance, tags, metadata, origin)
  SendToModality(instance, 'server')
end
`;

async function orthancAsks(archive, path, method = 'GET') {
  const answer = await fetch(`http://127.0.0.1:${archive.port}${path}`, { method });
  if (!answer.ok) throw new Error(`Orthanc: ${method} ${path}: ${answer.status}`);
  return answer.json();
}

async function empty(archive) {
  for (const id of await orthancAsks(archive, '/studies')) await orthancAsks(archive, `/studies/${id}`, 'DELETE');
}

export async function store({ rounds, quick }) {
  const images = quick ? 40 : 1000;
  const folder = temporaryFolder('ct');
  const files = filesOf(writeStudies(folder, [{ patient: 'CT', images }]));
  const ruleFolder = temporaryFolder('rule');
  writeFileSync(join(ruleFolder, 'forward.lua'), rule);

  const server = await startOrthanc();
  const forwarding = await startOrthanc(undefined, { settings: { LuaScripts: [join(ruleFolder, 'forward.lua')],
    DicomModalities: { server: [server.aet, '127.0.0.1', server.dicomPort] } } });
  const pons = await startProvider({ web: sourceFor(server, 'dicomweb', { quirks: { preset: 'orthanc-dicomweb-old' } }) });

  const held = async () => (await orthancAsks(server, '/statistics')).CountInstances === images;
  // Seconds until the server holds all; nobody holds any afterwards.
  const untilHeld = (send) => async () => {
    const seconds = await timed(async () => {
      await send();
      await until(held, { what: `${images} images in Orthanc`, timeout: 300000 });
    });
    for (const archive of [server, forwarding]) await empty(archive);
    return seconds;
  };
  let spent = 0;
  const throughPons = (env) => untilHeld(async () => {
    const before = cpu(pons.pid);
    await storescu(pons.at.web, folder, env);
    spent += cpu(pons.pid) - before;
  });

  const few = temporaryFolder('few');
  writeStudies(few, [{ patient: 'FEW', images: 5 }]);
  for (const to of [pons.at.web, dimseOf(server), dimseOf(forwarding)]) await storescu(to, few, sockets['TCP_NODELAY=1']);  // what is allocated once
  await until(async () => (await orthancAsks(forwarding, '/jobs?expand')).every(({ State }) => State === 'Success'), { what: 'the rule' });
  for (const archive of [server, forwarding]) await empty(archive);
  const idle = resident(pons.pid);

  const ways = { stow: untilHeld(() => stowInTurn(server.url, files)) };
  for (const [name, env] of Object.entries(sockets)) {
    ways[`pons, ${name}`] = throughPons(env);
    ways[`straight, ${name}`] = untilHeld(() => storescu(dimseOf(server), folder, env));
    ways[`rule, ${name}`] = untilHeld(() => storescu(dimseOf(forwarding), folder, env));
  }
  const all = await inTurns(ways, rounds);

  const tell = (what, ours, theirs, budget) => {
    const ratio = ratioOf(all[ours], all[theirs]);
    report(what, `${median(all[ours]).toFixed(2)} / ${median(all[theirs]).toFixed(2)} s = ${ratio.toFixed(2)}`, ratio, budget);
  };
  for (const name of Object.keys(sockets)) {
    tell(`${images} CT images by storescu to Orthanc, ${name}, against straight`, `pons, ${name}`, `straight, ${name}`);
    tell('  against Orthanc that forwards by rule', `pons, ${name}`, `rule, ${name}`);
    tell('  against STOWing them there in turn', `pons, ${name}`, 'stow', '<= 1.2');
  }
  report('  CPU of Pons, each', `${(spent / rounds / images / Object.keys(sockets).length).toFixed(0)} µs`);
  reportGrowth('  peak resident memory above idle', peak(pons.pid) - idle);

  await pons.stop();
  await forwarding.stop();
  await server.stop();
  for (const each of [folder, few, ruleFolder]) removeFolder(each);
}
