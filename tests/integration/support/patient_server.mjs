// The server that knows an EHR's patients: FHIR R4 (Patient, its search by identifier) and IHE PIXm, in one mock.
import { createServer } from 'node:http';

const outcome = (code) => ({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code }] });

/// `patients`: by id {ids: [[system, value], …], links: [[type, id], …], active}. `pix`: by "system|value" a list of [system, value].
/// `behaves`: 'well', 'gone' (hangs up), 'slow' (waits for `release`), 'garbage', 'html' (404 for people), or a status.
export async function startPatientServer({ patients = {}, pix = {}, token = '' } = {}) {
  const server = { patients, pix, behaves: 'well', requests: [], held: [] };
  const answer = (url, request) => {
    if (token && request.headers.authorization !== `Bearer ${token}`) return [401, outcome('login')];
    const path = url.pathname.replace('/fhir', '');
    if (path === '/metadata') return [200, { resourceType: 'CapabilityStatement' }];
    if (path === '/Patient/$ihe-pix') {
      const found = server.pix[url.searchParams.get('sourceIdentifier')];
      if (!found) return [404, outcome('not-found')];
      const parameter = found.map(([system, value]) => ({ name: 'targetIdentifier', valueIdentifier: { system, value } }));
      return [200, { resourceType: 'Parameters', parameter: [...parameter, { name: 'targetId', valueReference: { reference: 'Patient/x' } }] }];
    }
    if (path === '/Patient') {
      const wanted = url.searchParams.get('identifier').split(',');
      const entry = Object.entries(server.patients).filter(([, p]) => p.ids.some(([s, v]) => wanted.includes(`${s}|${v}`)))
        .map(([id]) => ({ resource: resource(id) }));
      return [200, { resourceType: 'Bundle', type: 'searchset', ...(entry.length ? { entry } : {}) }];
    }
    const id = path.split('/')[2];
    return server.patients[id] ? [200, resource(id)] : [404, outcome('not-found')];
  };
  const resource = (id) => {
    const { ids, links = [], active = true } = server.patients[id];
    return { resourceType: 'Patient', id, active,
      identifier: ids.map(([system, value, use]) => ({ system, value, ...(use ? { use } : {}) })),
      ...(links.length ? { link: links.map(([type, other]) => ({ type, other: { reference: `Patient/${other}` } })) } : {}) };
  };
  const say = (response, status, body, type = 'application/fhir+json') => {
    response.writeHead(status, { 'Content-Type': type });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const http = createServer((request, response) => {
    server.requests.push(request.url);
    const url = new URL(request.url, 'http://x');
    const well = () => say(response, ...answer(url, request));
    if (server.behaves === 'well') well();
    else if (server.behaves === 'gone') request.socket.destroy();
    else if (server.behaves === 'slow') server.held.push(well);
    else if (server.behaves === 'garbage') say(response, 200, '{"resourceType":"Patient","id":"123","identifier":[{');
    else if (server.behaves === 'html') say(response, 404, '<html>no such page</html>', 'text/html');
    else say(response, server.behaves, outcome('exception'));
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.url = `http://127.0.0.1:${http.address().port}/fhir`;
  server.release = () => server.held.splice(0).forEach((go) => go());
  server.stop = () => { http.closeAllConnections(); return new Promise((resolve) => http.close(resolve)); };
  return server;
}
