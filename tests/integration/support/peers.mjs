// What the archives under test do not tell, measured on Debian 12 with findscu and a QIDO client: the record that Pons can
// know is a function of what the archive answers, so the oracle takes these from the truth.
const nothing = new Set();

/// DCMTK 3.6.7: a fixed list of attributes at each level; no counts, no ModalitiesInStudy, no SOP Class UID.
const dcmqrscp = new Set(['TimezoneOffsetFromUTC', 'IssuerOfPatientIDQualifiersSequence', 'IssuerOfAccessionNumberSequence', 'ReferringPhysicianIdentificationSequence',
  'PhysiciansReadingStudyIdentificationSequence', 'ProcedureCodeSequence', 'InstitutionalDepartmentName', 'AdmissionID',
  'ReasonForTheRequestedProcedure', 'ReasonForRequestedProcedureCodeSequence', 'SeriesDescription', 'SeriesDate', 'SeriesTime',
  'BodyPartExamined', 'Laterality', 'AnatomicRegionSequence', 'PerformingPhysicianName', 'OperatorsName', 'RequestAttributesSequence',
  'SOPClassUID', 'ImageType', 'ConceptNameCodeSequence', 'ContentLabel', 'DocumentTitle']);

/// Orthanc's DICOMweb plugin 1.7 answers no sequences.
const qido = new Set(['IssuerOfPatientIDQualifiersSequence', 'IssuerOfAccessionNumberSequence', 'ReferringPhysicianIdentificationSequence',
  'PhysiciansReadingStudyIdentificationSequence', 'ProcedureCodeSequence', 'ReasonForRequestedProcedureCodeSequence',
  'AnatomicRegionSequence', 'RequestAttributesSequence', 'ConceptNameCodeSequence']);

// Orthanc 1.10 loses the escape sequences of ISO 2022 IR 13 with IR 87: names in half-width katakana come garbled.
const katakana = (study) => /[\uff61-\uff9f]/.test(study.attributes.PatientName ?? '');

export const peers = {
  'dcmqrscp over DIMSE': { silent: dcmqrscp, counts: false, spoils: () => false },
  'Orthanc over DIMSE': { silent: nothing, counts: true, spoils: katakana },
  'Orthanc over DICOMweb': { silent: qido, counts: true, spoils: katakana },
};
