// What an ImagingStudy must say, from the truth about the archive; and what an ImagingStudy does say, in the same form.
import { plainDate, started } from './times.mjs';

const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const SCT = 'http://snomed.info/sct';
const systems = { DCM, SCT, LN: 'http://loinc.org', UCUM: 'http://unitsofmeasure.org', RADLEX: 'http://radlex.org' };

// PS3.16 CID 32: what is no acquisition and so not in R4's ImagingStudy.modality.
const derived = new Set(('ASMT AU CTPROTOCOL DOC FID HC IOL KO M3D OT PLAN PR REG RTDOSE RTPLAN RTRECORD RTSTRUCT RWV SEG '
  + 'SMR SR STAIN TEXTUREMAP ANN').split(' '));

// PS3.16 Annex L, as far as the archives under test go.
const bodyParts = { ABDOMEN: '818981001', BREAST: '76752008', CHEST: '816094009', HAND: '85562004', HEAD: '69536005',
  KNEE: '72696002', LSPINE: '122496007', PELVIS: '816092008', SHOULDER: '16982005', WRIST: '74670003', BRAIN: '12738006',
  HEART: '80891009', LIVER: '10200004', NECK: '45048000', SPINE: '421060004', FOOT: '56459004', ANKLE: '70258002',
  THORAX: '43799004', SKULL: '89546000', CSPINE: '122494005', TSPINE: '122495006', EXTREMITY: '66019005', LUNG: '39607008', WHOLEBODY: '38266002' };
const sides = { L: '419161000', R: '419465000', B: '51440002' };

const text = (value) => (typeof value === 'string' ? value.replace(/^ +| +$/g, '').replace(/\0+$/, '') : '');
const list = (value) => (Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]).map(text).filter(Boolean);
const items = (value) => (Array.isArray(value) ? value.filter((v) => typeof v === 'object') : []);
const count = (value) => (/^\+?\d+$/.test(text(value)) ? Number(text(value)) : undefined);

/// A PN value as groups of components.
export function nameOf(pn) {
  return text(pn).split('=').slice(0, 3).map((group) => {
    const [family = '', given = '', middle = '', prefix = '', suffix = ''] = group.split('^').map((c) => c.trim());
    return { family, given, middle, prefix, suffix,
      display: [prefix, given, middle, family, suffix].filter(Boolean).join(' ') };
  }).filter((group) => group.display);
}

const display = (pn) => nameOf(pn)[0]?.display;

function coding(item) {
  const code = text(item.CodeValue) || text(item.LongCodeValue) || text(item.URNCodeValue);
  const scheme = text(item.CodingSchemeDesignator);
  return { system: systems[scheme], code, display: text(item.CodeMeaning), scheme };
}

function bodySite(series) {
  const region = items(series.AnatomicRegionSequence)[0];
  if (region) return coding(region);
  const raw = text(series.BodyPartExamined);
  if (!raw) return undefined;
  const plain = raw.toUpperCase();
  const bare = plain.replace(/[ _-]+(L|LT|LEFT|R|RT|RIGHT|BILAT)$/, '').replace(/[ _-]/g, '');
  const code = bodyParts[plain] ?? bodyParts[bare];
  return code ? { system: SCT, code } : { display: raw };
}

function person(pn, identification) {
  return { display: display(pn), pn: text(pn), identifiers: items(identification).flatMap((item) =>
    items(item.PersonIdentificationCodeSequence).map(coding).map((c) => ({ system: c.system, value: c.code }))) };
}

function people(names, identification) {
  const ids = items(identification);
  return list(names).map((pn, n) => person(pn, ids[n] ? [ids[n]] : [])).filter((p) => p.display);
}

/// Says whose a number is, or where a time is: where it is not told, the source's own is taken.
const standIns = ['TimezoneOffsetFromUTC', 'IssuerOfPatientID', 'IssuerOfPatientIDQualifiersSequence', 'IssuerOfAccessionNumberSequence'];

/// `peer` as if it told all that it holds, but for what has a stand-in: what is to be found, or its lack to be told.
export const outspoken = (peer) => ({ ...peer, silent: new Set(standIns.filter((keyword) => peer.silent.has(keyword))) });

// What an archive does not hold or does not say is not in the record (`peer.silent`); what it spoils is not judged.
function known(attributes, peer) {
  return Object.fromEntries(Object.entries(attributes).filter(([keyword]) => !peer.silent.has(keyword)));
}

function issuerOf(sequence) {
  const item = items(sequence)[0];
  if (!item) return {};
  const universal = text(item.UniversalEntityID);
  const make = { ISO: (v) => `urn:oid:${v}`, UUID: (v) => `urn:uuid:${v}`, URI: (v) => v }[text(item.UniversalEntityIDType)];
  return { system: universal && make ? make(universal) : undefined, assigner: text(item.LocalNamespaceEntityID) || undefined };
}

/// The facts of one study of the truth as the source `peer` can tell them; `source` is what Pons was configured with.
export function factsOf(study, peer, source) {
  const a = known(study.attributes, peer);
  const uid = text(a.StudyInstanceUID);
  const accession = text(a.AccessionNumber);
  const issuer = issuerOf(a.IssuerOfAccessionNumberSequence);
  const accessionSystem = issuer.system ?? (issuer.assigner ? undefined : source.accessionSystem);
  const patientIssuer = text(a.IssuerOfPatientID);
  const qualified = issuerOf(a.IssuerOfPatientIDQualifiersSequence).system;
  const ours = !patientIssuer || patientIssuer === source.namespace;
  const series = study.series.map((entry) => seriesFacts(entry, peer, a, source));
  const all = study.series.flatMap((s) => s.instances);
  return {
    uid, id: uid, status: 'available', spoiled: peer.spoils(study), mixed: Boolean(study.mixed?.length),
    identifiers: [
      { system: 'urn:dicom:uid', value: `urn:oid:${uid}`, kind: 'uid' },
      ...(accession ? [{ system: accessionSystem, value: accession, kind: 'ACSN', assigner: issuer.assigner }] : []),
      ...(text(a.StudyID) ? [{ value: text(a.StudyID), kind: 'id' }] : []),
    ],
    patient: { id: text(a.PatientID), system: qualified ?? (ours ? source.system : undefined), ours, pn: text(a.PatientName),
      display: display(a.PatientName), birthDate: plainDate(a.PatientBirthDate),
      gender: { M: 'male', F: 'female', O: 'other' }[text(a.PatientSex)] },
    started: started(a.StudyDate, a.StudyTime, a.TimezoneOffsetFromUTC, source.timezone),
    modality: [...new Set(series.map((s) => s.modality).filter((m) => m && !derived.has(m)))].sort(),
    referrer: text(a.ReferringPhysicianName) ? person(a.ReferringPhysicianName, a.ReferringPhysicianIdentificationSequence) : undefined,
    interpreters: people(a.NameOfPhysiciansReadingStudy, a.PhysiciansReadingStudyIdentificationSequence),
    numberOfSeries: study.series.length, numberOfInstances: all.length,
    description: text(a.StudyDescription) || undefined,
    procedures: items(a.ProcedureCodeSequence).map(coding),
    reasons: items(a.ReasonForRequestedProcedureCodeSequence).map(coding),
    series,
  };
}

function seriesFacts(entry, peer, study, source) {
  const a = known(entry.attributes, peer);
  return {
    uid: text(a.SeriesInstanceUID), number: count(a.SeriesNumber), modality: text(a.Modality),
    description: text(a.SeriesDescription) || undefined, numberOfInstances: entry.instances.length,
    bodySite: bodySite(a), laterality: sides[text(a.Laterality)],
    started: started(a.SeriesDate, a.SeriesTime, study.TimezoneOffsetFromUTC, source.timezone),
    performers: [...people(a.PerformingPhysicianName, a.PerformingPhysicianIdentificationSequence),
      ...people(a.OperatorsName, a.OperatorIdentificationSequence)],
    instances: entry.instances.map(({ attributes }) => {
      const i = known(attributes, peer);
      return { uid: text(i.SOPInstanceUID), sopClass: text(i.SOPClassUID) || undefined, number: count(i.InstanceNumber) };
    }),
  };
}

const pairs = (concepts) => (concepts ?? []).map((c) => {
  const known_ = c.coding?.find((x) => x.system && x.code);
  return known_ ? `${known_.system}|${known_.code}` : c.text ?? c.coding?.[0]?.display;
}).sort();

/// The comparable part of facts, to be deep-equal with `shownBy` of the answer.
export function comparable(facts, peer, depth) {
  const shown = {
    id: facts.id, status: facts.status,
    uid: facts.identifiers.filter((i) => i.kind === 'uid').map((i) => `${i.system}|${i.value}`),
    accession: facts.identifiers.filter((i) => i.kind === 'ACSN').map((i) => `${i.system ?? ''}|${i.value}|${i.system ? '' : i.assigner ?? ''}`),
    studyId: facts.identifiers.filter((i) => i.kind === 'id').map((i) => `|${i.value}`),
    patient: facts.patient.id ? `${facts.patient.system ?? ''}|${facts.patient.id}` : undefined,
    started: facts.started?.text, referrer: facts.referrer?.display,
    interpreters: facts.interpreters.map((p) => p.display),
    procedures: facts.procedures.map((c) => (c.system ? `${c.system}|${c.code}` : c.display)).sort(),
    modality: facts.modality, description: facts.description,
    ...(peer.counts ? { numberOfSeries: facts.numberOfSeries, numberOfInstances: facts.numberOfInstances } : {}),
  };
  if (depth !== 'study') {
    shown.series = facts.series.map((s) => ({
      uid: s.uid, number: s.number, modality: `${DCM}|${s.modality}`, description: s.description, laterality: s.laterality,
      bodySite: s.bodySite && (s.bodySite.system ? `${s.bodySite.system}|${s.bodySite.code}` : s.bodySite.display),
      started: s.started?.text, performers: s.performers.map((p) => p.display).sort(),
      ...(peer.counts ? { numberOfInstances: s.numberOfInstances } : {}),
      ...(depth === 'instance' && peer.counts ? { instances: s.instances.map((i) =>
        `${i.uid} ${i.number ?? ''} urn:ietf:rfc:3986|urn:oid:${i.sopClass}`).sort() } : {}),
    })).sort((x, y) => (x.uid < y.uid ? -1 : 1));
  }
  return clean(shown);
}

export function shownBy(resource, peer, depth) {
  const identifiers = resource.identifier ?? [];
  const acsn = (i) => i.type?.coding?.some((c) => c.code === 'ACSN' && c.system === 'http://terminology.hl7.org/CodeSystem/v2-0203');
  const shown = {
    id: resource.id, status: resource.status,
    uid: identifiers.filter((i) => i.system === 'urn:dicom:uid').map((i) => `${i.system}|${i.value}`),
    accession: identifiers.filter(acsn).map((i) => `${i.system ?? ''}|${i.value}|${i.system ? '' : i.assigner?.display ?? ''}`),
    studyId: identifiers.filter((i) => i.system !== 'urn:dicom:uid' && !acsn(i)).map((i) => `${i.system ?? ''}|${i.value}`),
    patient: resource.subject?.identifier?.value && `${resource.subject.identifier.system ?? ''}|${resource.subject.identifier.value}`,
    started: resource.started, referrer: resource.referrer?.display,
    interpreters: (resource.interpreter ?? []).map((r) => r.display), procedures: pairs(resource.procedureCode),
    modality: (resource.modality ?? []).map((m) => m.code).sort(), description: resource.description,
    ...(peer.counts ? { numberOfSeries: resource.numberOfSeries, numberOfInstances: resource.numberOfInstances } : {}),
  };
  if (depth !== 'study') {
    shown.series = (resource.series ?? []).map((s) => ({
      uid: s.uid, number: s.number, modality: `${s.modality.system}|${s.modality.code}`, description: s.description,
      laterality: s.laterality?.code, bodySite: s.bodySite && (s.bodySite.system ? `${s.bodySite.system}|${s.bodySite.code}` : s.bodySite.display),
      started: s.started, performers: (s.performer ?? []).map((p) => p.actor.display).sort(),
      ...(peer.counts ? { numberOfInstances: s.numberOfInstances } : {}),
      ...(depth === 'instance' && peer.counts ? { instances: (s.instance ?? []).map((i) =>
        `${i.uid} ${i.number ?? ''} ${i.sopClass.system}|${i.sopClass.code}`).sort() } : {}),
    })).sort((x, y) => (x.uid < y.uid ? -1 : 1));
  }
  return clean(shown);
}

const clean = (value) => JSON.parse(JSON.stringify(value));
