// The attributes that the quirk archive knows, by PS3.6 keyword: tag, VR, level.

const lines = `
PATIENT 00100010 PN PatientName|00100020 LO PatientID|00100021 LO IssuerOfPatientID|00100024 SQ IssuerOfPatientIDQualifiersSequence
PATIENT 00100030 DA PatientBirthDate|00100040 CS PatientSex|00201200 IS NumberOfPatientRelatedStudies|00201202 IS NumberOfPatientRelatedSeries
PATIENT 00201204 IS NumberOfPatientRelatedInstances
STUDY 00080020 DA StudyDate|00080030 TM StudyTime|00080050 SH AccessionNumber|00080051 SQ IssuerOfAccessionNumberSequence|00080061 CS ModalitiesInStudy
STUDY 00080062 UI SOPClassesInStudy|00080090 PN ReferringPhysicianName|00080096 SQ ReferringPhysicianIdentificationSequence|00080201 SH TimezoneOffsetFromUTC
STUDY 00081030 LO StudyDescription|00081032 SQ ProcedureCodeSequence|00081040 LO InstitutionalDepartmentName|00081060 PN NameOfPhysiciansReadingStudy
STUDY 00081062 SQ PhysiciansReadingStudyIdentificationSequence|00380010 LO AdmissionID|00401002 LO ReasonForTheRequestedProcedure
STUDY 0040100a SQ ReasonForRequestedProcedureCodeSequence|0020000d UI StudyInstanceUID|00200010 SH StudyID|00201206 IS NumberOfStudyRelatedSeries
STUDY 00201208 IS NumberOfStudyRelatedInstances
SERIES 00080021 DA SeriesDate|00080031 TM SeriesTime|00080060 CS Modality|0008103e LO SeriesDescription|00081050 PN PerformingPhysicianName
SERIES 00081070 PN OperatorsName|00082218 SQ AnatomicRegionSequence|00180015 CS BodyPartExamined|0020000e UI SeriesInstanceUID|00200011 IS SeriesNumber
SERIES 00200060 CS Laterality|00201209 IS NumberOfSeriesRelatedInstances|00400244 DA PerformedProcedureStepStartDate|00400245 TM PerformedProcedureStepStartTime
SERIES 00400275 SQ RequestAttributesSequence|00081052 SQ PerformingPhysicianIdentificationSequence|00081072 SQ OperatorIdentificationSequence
SERIES 00400560 SQ SpecimenDescriptionSequence|00081048 PN PhysiciansOfRecord
STUDY 00380014 SQ IssuerOfAdmissionIDSequence|00400243 SH PerformedLocation
IMAGE 00080008 CS ImageType|0008002a DT AcquisitionDateTime|00080016 UI SOPClassUID|00080018 UI SOPInstanceUID|00200013 IS InstanceNumber|00280008 IS NumberOfFrames
IMAGE 00280010 US Rows|00280011 US Columns|00280100 US BitsAllocated|0040a043 SQ ConceptNameCodeSequence|00700080 CS ContentLabel|00420010 ST DocumentTitle
ANY 00080005 CS SpecificCharacterSet|00080052 CS QueryRetrieveLevel|00080054 AE RetrieveAETitle|00080056 CS InstanceAvailability|00081190 UR RetrieveURL
ITEM 00080100 SH CodeValue|00080102 SH CodingSchemeDesignator|00080103 SH CodingSchemeVersion|00080104 LO CodeMeaning|00080119 UC LongCodeValue|00080120 UR URNCodeValue
ITEM 00400031 UT LocalNamespaceEntityID|00400032 UT UniversalEntityID|00400033 CS UniversalEntityIDType|00401101 SQ PersonIdentificationCodeSequence
ITEM 00401001 SH RequestedProcedureID|00400009 SH ScheduledProcedureStepID|00321060 LO RequestedProcedureDescription
FRAME 00081161 UL SimpleFrameList
FILE 00280002 US SamplesPerPixel|00280004 CS PhotometricInterpretation|00280006 US PlanarConfiguration|00280101 US BitsStored|00280102 US HighBit|00280103 US PixelRepresentation
FILE 00281050 DS WindowCenter|00281051 DS WindowWidth|00281052 DS RescaleIntercept|00281053 DS RescaleSlope|00280030 DS PixelSpacing|7fe00010 OW PixelData
FILE 00020010 UI TransferSyntaxUID|00080064 CS ConversionType|00080070 LO Manufacturer|00180050 DS SliceThickness|00180060 DS KVP|00200032 DS ImagePositionPatient
FILE 00200037 DS ImageOrientationPatient|00200052 UI FrameOfReferenceUID|00204000 LT ImageComments`;

export const byKeyword = new Map();
export const byTag = new Map();
for (const line of lines.trim().split('\n')) {
  const level = line.slice(0, line.indexOf(' '));
  for (const entry of line.slice(level.length + 1).split('|')) {
    const [tag, vr, keyword] = entry.split(' ');
    const attribute = { keyword, tag: parseInt(tag, 16), hex: tag.toUpperCase(), vr, level };
    byKeyword.set(keyword, attribute);
    byTag.set(attribute.tag, attribute);
  }
}

export const levels = ['PATIENT', 'STUDY', 'SERIES', 'IMAGE'];
export const uniqueKeys = { PATIENT: 'PatientID', STUDY: 'StudyInstanceUID', SERIES: 'SeriesInstanceUID', IMAGE: 'SOPInstanceUID' };
export const vrOf = (tag) => byTag.get(tag)?.vr ?? ((tag & 0xffff) === 0 ? 'UL' : 'UN');

/// VRs whose text is written in the Specific Character Set (PS3.5 §6.1.2.3).
export const inCharacterSet = new Set(['SH', 'LO', 'ST', 'LT', 'UC', 'UT', 'PN']);
/// VRs in which `*` and `?` are wildcards (PS3.4 §C.2.2.2.4).
export const withWildcards = new Set(['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT']);
