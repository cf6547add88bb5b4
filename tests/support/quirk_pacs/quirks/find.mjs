// F1 to F27: what archives do with keys, and how many rows they give.
import { byKeyword, levels, uniqueKeys } from '../dictionary.mjs';
import { cannot, notThisClass, outOfResources, studyOf } from '../query.mjs';
import { choice, count, flag, text, words } from '../switches.mjs';

const counts = /^NumberOf(Patient|Study|Series)Related/;
const starry = (query, vrs) => [...query.keys].filter(([keyword, value]) => value === '*' && (!vrs || vrs.includes(byKeyword.get(keyword).vr)));

export const find = [
  { id: 'F1', name: 'f1.modalities_in_study', values: choice('match', 'ignored', 'unreturned', 'absent', 'refused'), off: 'match', on: 'absent',
    says: 'Modalities in Study is ignored as a key, not returned, neither (absent), or refused.', seen: 'dcmqrscp (absent); Azure v1 (refused)',
    refuses: (query, value) => (value === 'refused' && query.wanted('ModalitiesInStudy') ? notThisClass('ModalitiesInStudy') : undefined),
    reads: (query, value) => { if (value === 'ignored' || value === 'absent') query.drop('ModalitiesInStudy'); },
    tells: (row, query, value) => { if (value === 'unreturned' || value === 'absent') delete row.values.ModalitiesInStudy; } },
  { id: 'F2', name: 'f2.several_values', values: choice('refused', 'or', 'first', 'ignored', 'nothing'), off: 'refused', on: 'ignored',
    says: 'Several values in a key that may have one are taken as "or", cut to the first, ignored with their key, or match nothing.', seen: 'Orthanc (or); dcm4chee#1772',
    reads: (query, value) => {
      const several = [...query.keys].filter(([keyword, v]) => typeof v === 'string' && v.includes('\\') && byKeyword.get(keyword).vr !== 'UI');
      query.several = 'or';
      if (several.length && value === 'nothing') query.nothing = true;
      for (const [keyword, v] of several) {
        if (value === 'ignored') query.drop(keyword);
        if (value === 'first') query.keys.set(keyword, v.split('\\')[0]);
      }
    } },
  { id: 'F3', name: 'f3.counts', values: choice('told', 'absent', 'zero', 'named'), off: 'told', on: 'absent',
    says: 'Number of … Related … is not returned, is always 0, or (QIDO) comes only if includefield names it.', seen: 'dcmqrscp, DICOMcloud (absent); Azure (named)',
    tells: (row, query, value) => {
      for (const keyword of Object.keys(row.values).filter((k) => counts.test(k))) {
        if (value === 'zero') row.values[keyword] = ['0'];
        else if (value === 'absent' || (query.face === 'http' && !query.named.has(keyword))) delete row.values[keyword];
      }
    } },
  { id: 'F4', name: 'f4.unmatched', values: words('keywords'), off: [], on: 'PatientName,StudyDescription,PatientBirthDate',
    says: 'These attributes are returned and, as keys, ignored.', seen: 'Fuji Synapse, ClearCanvas',
    reads: (query, value) => value.forEach((keyword) => query.drop(keyword)) },
  { id: 'F4', name: 'f4.untold', values: words('keywords'), off: [], on: 'AccessionNumber',
    says: 'These attributes are matched as keys and never returned.', seen: 'QIDO servers that tell some fields only, whatever includefield says',
    tells: (row, query, value) => { for (const keyword of value) delete row.values[keyword]; } },
  { id: 'F5', name: 'f5.unique_key_wins', values: flag, off: false, on: 'on',
    says: 'A unique key (or an accession number) makes the archive ignore all the others.', seen: 'dcm4che findscu, dcm4chee#829',
    reads: (query) => {
      const winner = ['SOPInstanceUID', 'SeriesInstanceUID', 'StudyInstanceUID', 'AccessionNumber', 'PatientID'].find((keyword) => query.wanted(keyword) && !/[*?]/.test(query.wanted(keyword)));
      if (!winner) return;
      const kept = ['QueryRetrieveLevel', winner, ...(winner === 'SOPInstanceUID' || winner === 'SeriesInstanceUID' ? Object.values(uniqueKeys) : [])];
      for (const keyword of query.narrowing) if (!kept.includes(keyword)) query.drop(keyword);
    } },
  { id: 'F6', name: 'f6.star', values: choice('taken', 'dates_nothing', 'dates_refused', 'refused', 'required'), off: 'taken', on: 'dates_refused',
    says: 'A bare * finds nothing or is refused in dates and times, is refused everywhere, or is required: an empty key then finds only what is empty.',
    seen: 'dcmqrscp (dates_nothing); Orthanc, syngo.via, IMPAX, ADW (dates_refused); GE (required)',
    refuses: (query, value) => ((value === 'refused' && starry(query).length) || (value === 'dates_refused' && starry(query, ['DA', 'TM', 'DT']).length)
      ? cannot('* is no value') : undefined),
    reads: (query, value) => {
      if (value === 'dates_nothing' && starry(query, ['DA', 'TM', 'DT']).length) query.nothing = true;
      if (value === 'required' && query.face === 'dimse') query.how.emptyIsEmpty = true;
    } },
  { id: 'F7', name: 'f7.upper_uids', values: choice('taken', 'refused', 'nothing'), off: 'taken', on: 'refused',
    says: 'Wildcards in a UID above the level are refused with A900, or find nothing.', seen: 'dcm4chee#4252, #2043 (refused); dcmqrscp (nothing)',
    refuses: (query, value) => (value === 'refused' && upperStars(query) ? notThisClass('wildcard in a unique key') : undefined),
    reads: (query, value) => {
      if (value === 'nothing' && upperStars(query)) query.nothing = true;
    } },
  { id: 'F8', name: 'f8.relational', values: choice('negotiated', 'always', 'never', 'nothing'), off: 'negotiated', on: 'never',
    says: 'Queries that leave out UIDs above are always answered, never (A900; 400 by QIDO), or find nothing.', seen: 'Orthanc (always); Fuji Synapse, AWS HealthImaging (never)',
    refuses: (query, value) => (value === 'never' && query.face === 'http' && levels.slice(1, levels.indexOf(query.level)).some((l) => !query.wanted(uniqueKeys[l]))
      ? notThisClass('the UIDs above are wanted') : undefined),
    reads: (query, value) => { query.relational = value; } },
  { id: 'F9', name: 'f9.roots', values: choice('both', 'study', 'patient', 'no_patient_level'), off: 'both', on: 'study', face: 'dimse',
    says: 'Only one information model is accepted, or none at PATIENT level.', seen: 'OsiriX (study); Orthanc\'s DICOMweb proxy (no_patient_level)',
    takes: ({ abstractSyntax }, asked, face, value) => !((value === 'study' && /\.4\.1\.2\.1\.[123]$/.test(abstractSyntax)) || (value === 'patient' && /\.4\.1\.2\.2\.[123]$/.test(abstractSyntax))),
    refuses: (query, value) => (value === 'no_patient_level' && query.level === 'PATIENT' ? cannot('no PATIENT level') : undefined) },
  { id: 'F10', name: 'f10.refuses_above', values: count('rows'), off: 0, on: '3',
    says: 'More matches than that are refused as a whole: A700, or 413 by QIDO.', seen: 'dcm4chee#828, #4487, #4488',
    lists: (rows, query, value) => (rows.length > value ? outOfResources() : rows) },
  { id: 'F10', name: 'f10.wants_keys', values: count('keys with a value'), off: 0, on: '1',
    says: 'Queries with fewer keys than that are refused with A700, or 413.', seen: 'dcm4chee#828, #4487, #4488',
    refuses: (query, value) => (query.narrowing.filter((keyword) => keyword !== 'QueryRetrieveLevel').length < value ? outOfResources('no keys') : undefined) },
  { id: 'F20', name: 'f20.duplicates', values: choice('none', 'same', 'differing'), off: 'none', on: 'differing',
    says: 'Each row comes twice; differing: the second time with another description and other modalities.', seen: 'dicomweb-server#15',
    lists: (rows, query, value) => rows.flatMap((row) => [row, { ...row, extras: [...row.extras], values: { ...row.values, ...(value === 'differing' ? otherwise(row) : {}) } }]) },
  { id: 'F11', name: 'f11.cap', values: count('rows'), off: 0, on: '3',
    says: 'At most so many rows, with status Success.', seen: '500 in pynetdicom#467; ADIT takes 200 for granted; Fuji Synapse',
    lists: (rows, query, value) => rows.slice(0, value) },
  { id: 'F12', name: 'f12.cancel', values: choice('honoured', 'ignored'), off: 'honoured', on: 'ignored', face: 'dimse',
    says: 'C-CANCEL is ignored: all rows come.', seen: 'dicomweb-proxy#110; ADIT aborts for this' },
  { id: 'F13', name: 'f13.times', values: choice('apart', 'combined', 'ignored', 'nothing'), off: 'apart', on: 'nothing',
    says: 'Study Date and Study Time ranges are matched as one interval, the time is ignored, or both together find nothing.', seen: 'ClearCanvas (ignored); dcm4chee#846',
    reads: (query, value) => {
      if (value === 'combined') query.how.combined = 'combined';
      if (value === 'ignored') query.drop('StudyTime');
      if (value === 'nothing' && query.wanted('StudyDate') && query.wanted('StudyTime')) query.nothing = true;
    } },
  { id: 'F14', name: 'f14.case', values: choice('names', 'sensitive', 'insensitive'), off: 'names', on: 'sensitive',
    says: 'Case counts in names too, or in no text at all; otherwise everywhere but in names.', seen: 'dcmqrscp, dcm4chee via Weasis#428 (sensitive); Orthanc (insensitive)',
    reads: (query, value) => Object.assign(query.how, { nameCase: value, textCase: value }) },
  { id: 'F15', name: 'f15.names', values: choice('exact', 'prefix', 'words', 'literal'), off: 'exact', on: 'literal',
    says: 'A name is a beginning, or words that begin its components; with words and literal * and ? are letters like others in every key.', seen: 'Azure (words)',
    reads: (query, value) => {
      if (value === 'prefix') query.how.names = 'prefix';
      if (value === 'words') Object.assign(query.how, { names: 'words', wildcards: false });
      if (value === 'literal') query.how.wildcards = false;
    } },
  { id: 'F16', name: 'f16.require_any_of', values: words('keywords'), off: [], on: 'PatientID,AccessionNumber,StudyInstanceUID',
    says: 'A query with none of these keys is refused (C000, 400).', seen: 'shanoir-ng#541: site agreements',
    refuses: (query, value) => (value.some((keyword) => query.wanted(keyword)) ? undefined : { ...cannot('a key is wanted'), http: 400 }) },
  { id: 'F16', name: 'f16.min_chars', values: count('letters'), off: 0, on: '3',
    says: 'A key of fewer letters, wildcards not counted, finds nothing.', seen: 'shanoir-ng#2444; dicomweb-proxy qidoMinChars',
    reads: (query, value) => {
      for (const keyword of query.narrowing) {
        const wanted = query.wanted(keyword);
        if (['PatientName', 'PatientID', 'AccessionNumber'].includes(keyword) && wanted && wanted.replace(/[*?]/g, '').length < value) query.nothing = true;
      }
    } },
  { id: 'F17', name: 'f17.integers', values: choice('numbers', 'text', 'decimal', 'plus'), off: 'numbers', on: 'decimal',
    says: 'IS is compared as text, or returned as 4.0 or +4.', seen: 'ADIT (text, +4); Dicoogle#378 (decimal)',
    reads: (query) => { query.how.integers = 'text'; },
    tells: (row, query, value) => {
      if (value === 'text') return;
      for (const [keyword, values] of Object.entries(row.values))
        if (byKeyword.get(keyword).vr === 'IS') row.values[keyword] = values.map((v) => (/^\d+$/.test(v) ? (value === 'plus' ? `+${v}` : `${v}.0`) : v));
    } },
  { id: 'F18', name: 'f18.extras', values: flag, off: false, on: 'on',
    says: 'Rows carry what nobody asked for: a private group, a group length, attributes of the study.', seen: 'GE, pynetdicom#689 (group 3109)',
    tells: (row) => {
      row.extras.push({ tag: 0x31090010, vr: 'LO', value: 'MADE UP 1.0' }, { tag: 0x31091001, vr: 'UN', value: 'what it means nobody knows' }, { tag: 0x31091002, vr: 'LO', value: '' });
      const study = studyOf(row.entity) ?? row.entity.children[0];
      for (const keyword of ['StudyID', 'InstitutionalDepartmentName', 'StudyDescription']) row.values[keyword] ??= study.attributes[keyword] ?? [];
    } },
  { id: 'F19', name: 'f19.unknown', values: choice('told', 'refused', 'nothing'), off: 'told', on: 'refused', face: 'dimse',
    says: 'Group lengths and keys that it does not know are refused (A900), or make it find nothing; otherwise FF01 tells of them.', seen: 'Orthanc NEWS on GE AW',
    refuses: (query, value) => (value === 'refused' && strange(query) ? notThisClass('unknown keys') : undefined),
    reads: (query, value) => { if (value === 'nothing' && strange(query)) query.nothing = true; } },
  { id: 'F19', name: 'f19.max_keys', values: count('keys'), off: 0, on: '5',
    says: 'A query with more keys is refused (C000, 400).', seen: 'no product named',
    refuses: (query, value) => (query.asked.size > value ? { ...cannot('too many keys'), http: 400 } : undefined) },
  { id: 'F21', name: 'f21.final_identifier', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'The final Success carries an empty identifier.', seen: 'pacsman' },
  { id: 'F22', name: 'f22.always_ff01', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'Every row comes with FF01.', seen: 'dicomweb-proxy#110' },
  { id: 'F23', name: 'f23.sparse', values: count('studies: each so-manieth'), off: 0, on: '2',
    says: 'Each so-manieth study is archived: its rows at STUDY level tell UIDs, Patient ID and Study Date only.', seen: 'Sectra, pynetdicom#390',
    tells: (row, query, value) => {
      const kept = [...Object.values(uniqueKeys), 'StudyDate', 'QueryRetrieveLevel'];
      if (row.entity.level === 'STUDY' && row.entity.number % value === value - 1)
        for (const keyword of Object.keys(row.values)) if (!kept.includes(keyword)) delete row.values[keyword];
    } },
  { id: 'F24', name: 'f24.availability', values: choice('told', 'empty', 'absent', 'nearline'), off: 'told', on: 'empty',
    says: 'Retrieve AE Title and Instance Availability are empty or missing, or everything is NEARLINE.', seen: 'Orthanc (empty); dcmqrscp (absent)',
    tells: (row, query, value) => {
      for (const keyword of ['RetrieveAETitle', 'InstanceAvailability']) {
        if (value === 'absent') delete row.values[keyword];
        if (value === 'empty' && row.values[keyword]) row.values[keyword] = [];
      }
      if (value === 'nearline' && row.values.InstanceAvailability) row.values.InstanceAvailability = ['NEARLINE'];
    } },
  { id: 'F25', name: 'f25.accession_prefix', values: text('text before each accession number, such as " ", 00 or A-'), off: '', on: ' ',
    says: 'Accession numbers are stored with something before them, and compared with it, spaces included.', seen: 'Orthanc (a stored space); sites with prefixes',
    reads: (query, value) => {
      const wanted = query.wanted('AccessionNumber');
      query.drop('AccessionNumber');
      if (wanted === undefined || wanted === '*') return;
      const pattern = new RegExp(`^${wanted.trimEnd().replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 'su');
      query.also.push(({ attributes: { AccessionNumber: [number] = [] } }) => number !== undefined && number !== '' && pattern.test(`${value}${number}`));
    },
    tells: (row, query, value) => { if (row.values.AccessionNumber?.[0]) row.values.AccessionNumber = [`${value}${row.values.AccessionNumber[0]}`]; } },
  { id: 'F26', name: 'f26.merged', values: words('new=old Patient IDs'), off: [], on: 'P1000=OLD-1',
    says: 'Patients are known by their old Patient ID still, and not by the new one.', seen: 'dcm4chee#2960',
    reads: (query, value) => {
      const wanted = query.wanted('PatientID');
      if (wanted === undefined) return;
      const pairs = value.map((pair) => pair.split('='));
      const old = pairs.find(([, before]) => before === wanted);
      if (old) query.keys.set('PatientID', old[0]);
      else if (pairs.some(([now]) => now === wanted)) query.nothing = true;
    },
    tells: (row, query, value) => {
      const pair = value.map((p) => p.split('=')).find(([now]) => now === row.values.PatientID?.[0]);
      if (pair) row.values.PatientID = [pair[1]];
    } },
  { id: 'F27', name: 'f27.picky', values: choice('answers', 'nothing', 'silence'), off: 'answers', on: 'nothing', face: 'dimse',
    says: 'A query without level, the unique key of its level, Patient ID and Patient Name finds nothing, or gets no answer at all.', seen: 'Sectra and ONIS, fo-dicom#228',
    reads: (query) => { if (isBare(query)) query.nothing = true; } },
];

/// A query as examples have it.
export function isBare({ level, keys }) {
  const wanted = [uniqueKeys[level], ...(level === 'PATIENT' || level === 'STUDY' ? ['PatientID', 'PatientName'] : [])];
  return !level || wanted.some((keyword) => !keys.has(keyword));
}

const strange = ({ unknown }) => unknown.length > 0;
const upperStars = (query) => levels.slice(0, levels.indexOf(query.level)).some((l) => /[*?]/.test(query.wanted(uniqueKeys[l]) ?? ''));
const otherwise = ({ values }) => ({ ...(values.StudyDescription ? { StudyDescription: ['told otherwise'] } : {}),
  ...(values.ModalitiesInStudy?.length > 1 ? { ModalitiesInStudy: values.ModalitiesInStudy.slice(1) } : {}) });
