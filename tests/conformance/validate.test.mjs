// The validators are only worth something if they can fail: a good resource passes, each seeded fault is caught by the
// validators that are meant to catch it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { validate, validateXml, validators, xmlToJson } from './validate.mjs';

const study = {
  resourceType: 'ImagingStudy', id: '1.2.3', status: 'available',
  identifier: [{ system: 'urn:dicom:uid', value: 'urn:oid:1.2.3' }],
  modality: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code: 'CT' }],
  subject: { identifier: { system: 'urn:oid:1.2.3.4', value: 'P1' }, display: 'Edith Farrow' },
  started: '2024-03-10T10:15:00+01:00', numberOfSeries: 1, numberOfInstances: 1,
  series: [{ uid: '1.2.3.1', number: 1, modality: { system: 'http://dicom.nema.org/resources/ontology/DCM', code: 'CT' },
    instance: [{ uid: '1.2.3.1.1', sopClass: { system: 'urn:ietf:rfc:3986', code: 'urn:oid:1.2.840.10008.5.1.4.1.1.2' } }] }],
};
const bundle = (entry) => ({ resourceType: 'Bundle', type: 'searchset', total: 1,
  link: [{ relation: 'self', url: 'http://example.org/fhir/ImagingStudy' }], entry });
const matched = { fullUrl: 'http://example.org/fhir/ImagingStudy/1.2.3', resource: study, search: { mode: 'match' } };
const xml = (body) => `<?xml version="1.0" encoding="UTF-8"?><ImagingStudy xmlns="http://hl7.org/fhir"><id value="1.2.3"/>${body}</ImagingStudy>`;
const goodXml = xml('<status value="available"/><subject><display value="Edith &amp; Farrow"/></subject>');

test('a valid resource and a valid Bundle pass every validator', () => {
  for (const [name, judge] of Object.entries(validators)) {
    assert.deepEqual(judge(study), [], name);
    assert.deepEqual(judge(bundle([matched])), [], name);
  }
  assert.deepEqual(validate(bundle([matched])), []);
});

const faults = [
  { name: 'an unknown element', fault: { colour: 'red' }, by: ['medplum', 'fhirjs', 'ajv'] },
  { name: 'a status outside the required codes', fault: { status: 'final' }, by: ['fhirjs', 'ajv'] },
  { name: 'no status', fault: { status: undefined }, by: ['medplum', 'fhirjs'] },
  { name: 'no subject', fault: { subject: undefined }, by: ['medplum', 'fhirjs', 'ajv'] },
  { name: 'a time without a zone', fault: { started: '2024-03-10T10:15:00' }, by: ['ajv'] },
  { name: 'a time without seconds', fault: { started: '2024-03-10T10:15+01:00' }, by: ['medplum', 'ajv'] },
  { name: 'a negative count', fault: { numberOfSeries: -1 }, by: ['medplum'] },
  { name: 'an empty string', fault: { description: '' }, by: ['shape'] },
  { name: 'a null', fault: { description: null }, by: ['shape'] },
  { name: 'an empty list', fault: { series: [] }, by: ['shape'] },
  { name: 'a series without modality', fault: { series: [{ uid: '1.2.3.1' }] }, by: ['medplum', 'fhirjs', 'ajv'] },
  { name: 'a series uid that is no id', fault: { series: [{ ...study.series[0], uid: 'urn:oid:1.2.3.1' }] }, by: ['medplum', 'ajv'] },
  { name: 'a modality as text', fault: { modality: ['CT'] }, by: ['medplum'] },
];
for (const { name, fault, by } of faults) {
  test(`${name} is caught by ${by.join(', ')}`, () => {
    const bad = JSON.parse(JSON.stringify({ ...study, ...fault }));
    for (const validator of by) assert.notDeepEqual(validators[validator](bad), [], validator);
    assert.notDeepEqual(validate(bad), []);
  });
}

test('a fault inside a Bundle is found, however often the Bundle was seen', () => {
  const bad = { ...study, started: 'yesterday' };
  for (let round = 0; round < 2; ++round) assert.notDeepEqual(validate(bundle([{ ...matched, resource: bad }])), []);
});

test('two entries of one fullUrl are caught', () => {
  assert.notDeepEqual(validate(bundle([matched, matched])), []);
});

test('XML in schema order passes and equals its JSON', () => {
  assert.deepEqual(validateXml([goodXml]), []);
  assert.deepEqual(xmlToJson(goodXml),
    { resourceType: 'ImagingStudy', id: '1.2.3', status: 'available', subject: { display: 'Edith & Farrow' } });
});

test('XML in another order, with an unknown element, or in no namespace is caught', () => {
  const bad = [xml('<subject><display value="x"/></subject><status value="available"/>'),
    xml('<status value="available"/><subject><display value="x"/></subject><colour value="red"/>'),
    goodXml.replace(' xmlns="http://hl7.org/fhir"', ''), xml('<status value="final"/><subject><display value="x"/></subject>')];
  for (const text of bad) assert.notDeepEqual(validateXml([text]), [], text);
});

test('the command ends with 1 for a fault and 0 without', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pons-validate-'));
  try {
    const command = join(dirname(fileURLToPath(import.meta.url)), 'validate.mjs');
    writeFileSync(join(folder, 'good.json'), JSON.stringify(study));
    writeFileSync(join(folder, 'bad.json'), JSON.stringify({ ...study, status: 'final' }));
    assert.equal(spawnSync(process.execPath, [command, join(folder, 'good.json')]).status, 0);
    assert.equal(spawnSync(process.execPath, [command, join(folder, 'bad.json')]).status, 1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
