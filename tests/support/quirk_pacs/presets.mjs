// What is known about products, as switches: only where there is evidence.
export const presets = [
  { name: 'generic', says: 'no quirk: a model archive', quirks: {} },
  { name: 'dcmqrscp-like', says: 'DCMTK\'s dcmqrscp 3.6.7, measured', quirks: { 'f1.modalities_in_study': 'absent', 'f3.counts': 'absent', 'f6.star': 'dates_nothing', 'f7.upper_uids': 'nothing',
    'f14.case': 'sensitive', 'f24.availability': 'absent' } },
  { name: 'orthanc-like', says: 'Orthanc 1.10.1 with DICOMweb plugin 1.7, measured', quirks: { 'f2.several_values': 'or', 'f6.star': 'dates_refused', 'f8.relational': 'always', 'f14.case': 'insensitive',
    'f24.availability': 'empty', 'r1.unknown_destination': 'c000', 'w1.percent': 'minimal', 'w2.unknown_keys': 'ignored', 'w3.includefield': 'all_ignored', 'w8.fuzzy': 'ignored',
    'w11.accept': 'json_always', 'w20.single_part': 'refused', 'w19.boundary': 'long', 'w19.part_type': 'misquoted' } },
  { name: 'dcm4chee', says: 'dcm4chee-arc: case counts, UIDs above are wanted, 204 and 413', quirks: { 'f7.upper_uids': 'refused', 'f14.case': 'sensitive', 'w9.empty': '204', 'w13.qido': '/aets/QUIRK/rs', 'w13.wado': '/aets/QUIRK/rs' } },
  { name: 'synapse', says: 'Fuji Synapse: a cap, no relational queries, keys that do not narrow', quirks: { 'f4.unmatched': 'PatientBirthDate,StudyDescription,SeriesDescription,Modality', 'f8.relational': 'never', 'f11.cap': '200' } },
  { name: 'ge-archive', says: 'GE archives that want * for universal matching, and tell more than asked', quirks: { 'f6.star': 'required', 'f18.extras': 'on', 'r6.pending_every': '5' } },
  { name: 'no-star-in-dates', says: 'Agfa IMPAX, syngo.via, Philips ADW', quirks: { 'f6.star': 'dates_refused' } },
  { name: 'clearcanvas', says: 'ClearCanvas: no time, no birth date as keys, no C-GET', quirks: { 'f4.unmatched': 'PatientBirthDate', 'f13.times': 'ignored', 'r2.get': 'absent' } },
  { name: 'osirix', says: 'OsiriX: no Patient Root', quirks: { 'f9.roots': 'study' } },
  { name: 'sectra', says: 'Sectra: archived studies tell little, bare queries find nothing', quirks: { 'f23.sparse': '3', 'f27.picky': 'nothing' } },
  { name: 'azure', says: 'Azure DICOM v2: 100 rows a page, 200 at most, no wildcards, few keys, 204', quirks: { 'f1.modalities_in_study': 'refused', 'f3.counts': 'named', 'f15.names': 'words', 'w4.default_limit': '100', 'w4.max_limit': '200', 'w4.above': 'refused', 'w5.warning': 'silent',
    'w7.wildcards': 'refused', 'w9.empty': '204', 'w11.accept': 'json_only', 'w2.unknown_keys': 'refused', 'w22.newest_first': 'on', 'w23.searchable': 'StudyInstanceUID,PatientName,PatientID,PatientBirthDate,AccessionNumber,ReferringPhysicianName,StudyDate,StudyDescription,SeriesInstanceUID,Modality,SOPInstanceUID',
    'w24.default_fields': 'few', 'w25.empty_values': 'refused' } },
  { name: 'aws', says: 'AWS HealthImaging: UIDs above are wanted, 10,000 results ever', quirks: { 'f8.relational': 'never', 'f11.cap': '10000' } },
  { name: 'google', says: 'Google Healthcare: 100 a page unless asked, 5,000 at most, one modality a query', quirks: { 'w4.default_limit': '100', 'w4.max_limit': '5000', 'w5.warning': 'silent' } },
  { name: 'dicom-rst', says: 'DICOM-RST: 200 rows unless asked, Accept ignored', quirks: { 'w4.default_limit': '200', 'w5.warning': 'silent', 'w11.accept': 'json_always' } },
];

export function presetNamed(name) {
  const found = presets.find((preset) => preset.name === name);
  if (!found) throw new Error(`no preset "${name}"; there are ${presets.map((p) => p.name).join(', ')}`);
  return found;
}
