// Imaging orders of a FHIR server, as ServiceRequests: the steps of a worklist, whose times are those of Vienna in summer.

const v2 = (code) => ({ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] });
const dcm = (code) => ({ coding: [{ system: 'http://dicom.nema.org/resources/ontology/DCM', code }] });
export const imaging = [{ coding: [{ system: 'http://snomed.info/sct', code: '363679005' }] }];
export const aeTitles = 'https://hospital.example/ae-titles';

/// In July and August clocks in Vienna are two hours ahead of UTC, which is what servers write.
function instant({ date, time }) {
  const [y, m, d, h, min, s] = [date.slice(0, 4), date.slice(4, 6), date.slice(6), time.slice(0, 2), time.slice(2, 4), time.slice(4)].map(Number);
  return new Date(Date.UTC(y, m - 1, d, h - 2, min, s)).toISOString();
}

const person = (name) => { const [family, ...given] = name.split('^'); return [{ use: 'official', family, ...(given.length ? { given } : {}) }]; };

/// An order for each step, and for each some that are no step. Gives all that was created.
export async function fillWithOrders(server, scheduled) {
  const created = [];
  const create = async (resource) => { const one = await server.create(resource); created.push(one); return one; };
  const people = new Map();
  for (const [n, one] of scheduled.entries()) {
    const patient = await create({ resourceType: 'Patient', identifier: [{ system: 'urn:oid:7.7', value: `X${n}` }, { system: 'urn:oid:1.2.3.4', value: one.id }], name: person(one.name), gender: 'male', birthDate: '1950-01-01' });
    if (one.physician && !people.has(one.physician)) people.set(one.physician, await create({ resourceType: 'Practitioner', name: person(one.physician) }));
    const station = await create({ resourceType: 'Device', identifier: [{ system: aeTitles, value: one.station }], deviceName: [{ name: one.station, type: 'user-friendly-name' }] });
    const order = {
      resourceType: 'ServiceRequest', status: 'active', intent: 'order', priority: 'routine', category: imaging,
      identifier: [{ type: v2('ACSN'), value: one.accession }, { system: 'urn:dicom:uid', value: `urn:oid:1.2.276.0.7230010.3.2.${n + 1}` },
        { type: { text: 'Requested Procedure ID' }, value: `RP${n}` }, { type: { text: 'Scheduled Procedure Step ID' }, value: one.step }],
      code: { text: `EXAM${n}` }, orderDetail: [dcm(one.modality)], subject: { reference: `Patient/${patient.id}` }, occurrenceDateTime: instant(one),
      performer: [{ reference: `Device/${station.id}` }, ...(one.physician ? [{ reference: `Practitioner/${people.get(one.physician).id}` }] : [])],
    };
    await create(order);
    // What is no step, though all else is the same; the last three a server that ignores parameters would give.
    await create({ ...order, category: [{ coding: [{ system: 'http://snomed.info/sct', code: '108252007' }] }] });
    await create({ ...order, status: 'completed' });
    await create({ ...order, intent: 'proposal' });
    await create({ ...order, doNotPerform: true });
  }
  return created;
}
