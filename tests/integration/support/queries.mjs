// Searches for an archive, made from its own records: each names real values, so that each has something to find or to
// leave out. [title, query]; a query is [[parameter, value], …].

const SCT = 'http://snomed.info/sct';
const escape = (value) => value.replace(/[\\,|$]/g, '\\$&');

export function queriesFor(records, config) {
  const out = [];
  const add = (title, ...query) => out.push({ title, query });
  const some = (test, skip = 0) => records.filter(test)[skip];
  const one = records[0];
  const other = records[Math.floor(records.length / 2)];

  add('_id', ['_id', one.id]);
  add('_id of two, and of none', ['_id', `${one.id},${other.id},1.2.3.4.5`]);
  add('_id of another patient together with patient', ['_id', one.id], ['patient', some((r) => r.patient.ours && r.patient.id && r.patient.id !== one.patient.id).patient.id]);
  add('_id that is no UID', ['_id', 'nobody']);

  const uid = one.uid;
  add('study UID with system', ['identifier', `urn:dicom:uid|urn:oid:${uid}`]);
  add('study UID without system', ['identifier', `urn:oid:${uid}`]);
  add('study UID bare', ['identifier', uid]);
  add('study UID with an empty system matches nothing', ['identifier', `|urn:oid:${uid}`]);
  add('study UID with a foreign system matches nothing', ['identifier', `http://example.org/x|urn:oid:${uid}`]);
  for (const kind of ['ACSN', 'id']) {
    const found = new Map();
    for (const r of records) for (const i of r.identifiers) if (i.kind === kind) found.set(`${i.system}|${/\W/.test(i.value)}`, i);
    for (const { system, value } of [...found.values()].slice(0, 6)) {
      add(`${kind} without system`, ['identifier', escape(value)]);
      add(`${kind} with its system`, ['identifier', `${system ?? ''}|${escape(value)}`]);
      if (kind === 'ACSN') add('basedon:identifier', ['basedon:identifier', `${system ?? ''}|${escape(value)}`]);
      if (kind === 'ACSN') add('identifier:of-type', ['identifier:of-type', `http://terminology.hl7.org/CodeSystem/v2-0203|ACSN|${escape(value)}`]);
    }
  }
  for (const value of ['A*1', 'AB1', '7?2', '742', '42', '0042', 'SHARED1', 'DUP9', 'LEAD77', 'a\\,b\\|c\\$d']) add('an accession number that needs care', ['identifier', value]);
  add('a wildcard alone finds nothing', ['identifier', '*']);
  add('a backslash finds nothing', ['identifier', 'A\\\\1']);

  patients(records, config, add);
  dates(records, add);
  tokens(records, add, some);
  names(records, add);
  return out;
}

function patients(records, config, add) {
  const ours = records.filter((r) => r.patient.ours && /^[A-Za-z0-9.-]{1,64}$/.test(r.patient.id));
  const { id } = ours[0].patient;
  const second = ours.find((r) => r.patient.id !== id).patient.id;
  add('patient by id', ['patient', id]);
  add('patient by reference', ['patient', `Patient/${id}`]);
  add('patient by our own URL', ['patient', `${config.base}/Patient/${id}`]);
  add('patient by a foreign URL', ['patient', `http://example.org/fhir/Patient/${id}`]);
  add('subject', ['subject', `Patient/${id}`]);
  add('subject:Patient', ['subject:Patient', id]);
  add('two patients', ['patient', `${id},Patient/${second}`]);
  add('a patient who must be two', ['patient', id], ['patient', second]);
  add('an unknown patient', ['patient', 'nobody-0']);
  add('patient:identifier with system', ['patient:identifier', `${config.system}|${id}`]);
  add('patient:identifier without system', ['patient:identifier', id]);
  add('patient.identifier', ['patient.identifier', `${config.system}|${id}`]);
  add('patient.identifier with a foreign system', ['patient.identifier', `urn:oid:9.9.9|${id}`]);
  for (const special of ['4711', 'A*1', 'AB1', '12/34-ab']) add('a patient id that needs care', ['patient.identifier', special]);
  for (const special of ['4711', 'A*1']) add('a patient id that needs care, bare', ['patient', special]);
  const born = records.find((r) => r.patient.birthDate)?.patient.birthDate.text;
  if (born) {
    add('birth date', ['patient.birthdate', born]);
    add('birth year', ['patient.birthdate', born.slice(0, 4)]);
    add('born since', ['patient.birthdate', `ge${born}`], ['patient', id]);
  }
  for (const gender of ['male', 'female', 'other', 'unknown']) add('gender', ['patient.gender', gender]);
}

function dates(records, add) {
  const dated = records.filter((r) => r.started?.text.length > 10 && +r.started.text.slice(0, 4) > 1990).map((r) => r.started.text);
  const days = new Set(['2024-03-10', dated[0]?.slice(0, 10), dated.at(-1)?.slice(0, 10)].filter(Boolean));
  for (const day of days) {
    for (const prefix of ['', 'ge', 'gt', 'le', 'lt', 'sa', 'eb', 'ne']) add('started by day', ['started', `${prefix}${day}`]);
    add('started by month', ['started', day.slice(0, 7)]);
    add('started by year', ['started', day.slice(0, 4)]);
    add('started within two days', ['started', `ge${day}`], ['started', `lt${day}T23:59:59`]);
    add('started, the ends the wrong way round', ['started', `ge${day}`], ['started', 'lt1999-01-01']);
    for (const zone of ['Z', '+14:00', '-12:00', '+01:00']) {
      add('started in a minute, with zone', ['started', `ge${day}T10:15${zone}`], ['started', `lt${day}T23:30:00${zone}`]);
      add('started from the beginning of a day, with zone', ['started', `sa${day}T00:00:00${zone}`]);
    }
  }
  for (const instant of dated.slice(0, 4)) {
    add('started by its own instant', ['started', instant]);
    add('started after its own instant', ['started', `gt${instant}`]);
    add('started before its own instant', ['started', `lt${instant}`]);
  }
  for (const day of ['2024-02-29', '2024-03-31', '2024-10-27', '2024-03-31T03:00:00', '2012-06-30', '1901-01-01', '2023,2024-02']) {
    add('started on a day that needs care', ['started', day]);
  }
  add('around a time', ['started', 'ap2024-03-10']);
  add('without a date', ['started:missing', 'true']);
  add('with a date', ['started:missing', 'false']);
}

function tokens(records, add, some) {
  const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
  const { id } = records[0].patient;
  add('modality', ['modality', 'CT']);
  add('modality with system', ['modality', `${DCM}|MR`]);
  add('modality of a foreign system', ['modality', 'http://example.org|CT']);
  add('modality without system matches nothing', ['modality', '|CT']);
  add('one modality or another', ['modality', 'CT,MR']);
  add('one modality and another', ['modality', 'CT'], ['modality', 'SR']);
  add('not one modality', ['modality:not', 'CT']);
  add('neither of two', ['modality:not', 'CT,MR']);
  for (const m of ['SR', 'KO', 'PR', 'SEG', 'OT', 'XX']) add('modality that is no acquisition, or rare', ['modality', m]);
  add('modality of a patient', ['patient.identifier', escape(id)], ['modality', 'CT']);
  add('status', ['status', 'available'], ['patient.identifier', escape(id)]);
  add('status of none', ['status', 'cancelled']);
  add('status with system', ['status', 'http://hl7.org/fhir/imagingstudy-status|available'], ['started', '2024']);
  add('status:not', ['status:not', 'available']);

  const several = some((r) => r.series.length > 1);
  const entry = several.series.at(-1);
  add('series', ['series', entry.uid]);
  add('series of its patient', ['series', entry.uid], ['patient.identifier', escape(several.patient.id)]);
  add('series of no patient of ours', ['series', '1.2.3.4.5.6']);
  add('instance', ['instance', entry.instances[0].uid]);
  add('instance of its study', ['instance', entry.instances[0].uid], ['_id', several.id]);
  for (const sop of ['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.88.59']) {
    add('dicom-class', ['dicom-class', `urn:oid:${sop}`], ['started', 'ge2000']);
    add('dicom-class with system', ['dicom-class', `urn:ietf:rfc:3986|urn:oid:${sop}`], ['started', 'ge2000']);
  }
  const codes = [...new Set(records.flatMap((r) => r.series).map((s) => s.bodySite?.code).filter(Boolean))];
  for (const code of codes.slice(0, 4)) {
    add('bodysite', ['bodysite', `http://snomed.info/sct|${code}`]);
    add('bodysite without system', ['bodysite', code], ['started', 'ge2010']);
  }
  add('bodysite that is none', ['bodysite', `${SCT}|22298006`]);
  add('reason', ['reason', `${SCT}|22298006`]);
  add('endpoint', ['endpoint', 'Endpoint/main-wado-rs'], ['started', 'ge2020']);
  add('endpoint of nobody', ['endpoint', 'Endpoint/elsewhere-wado-rs']);
  for (const name of ['referrer', 'interpreter', 'performer', 'basedon']) {
    for (const value of ['true', 'false']) add(`${name}:missing`, [`${name}:missing`, value], ['started', 'ge2018']);
  }
}

function names(records, add) {
  const families = new Map();
  for (const r of records) {
    const family = r.patient.pn.split('=')[0].split('^')[0];
    if (family && !r.spoiled && !families.has(family)) families.set(family, r);
  }
  const plain = (s) => s.normalize('NFD').replace(/\p{M}/gu, '');
  for (const [family, r] of families) {
    add(`name of ${r.id}`, ['patient.name', escape(family)]);
    if (families.size < 40) add(`name of ${r.id} without accents and in another case`, ['patient.family', plain(family).toLowerCase()]);
  }
  const [family, r] = [...families].find(([, x]) => x.patient.pn.includes('^')) ?? [...families][0];
  const given = r.patient.pn.split('=')[0].split('^')[1] || family;
  add('family', ['patient.family', family]);
  add('beginning of a family name', ['patient.family', family.slice(0, 3)]);
  add('family that is a given name', ['patient.family', given]);
  add('given', ['patient.given', given]);
  add('family:exact', ['patient.family:exact', family]);
  add('family:exact in another case', ['patient.family:exact', family === family.toLowerCase() ? family.toUpperCase() : family.toLowerCase()]);
  add('name:contains', ['patient.name:contains', family.slice(1, 4)]);
  add('family and given', ['patient.family', family], ['patient.given', given]);
  add('either of two names', ['patient.name', `${escape(family)},${escape([...families.keys()].at(-1))}`]);
  add('a name of nobody', ['patient.name', 'Zzyzx']);
  for (const name of ["O'Neil", 'oneil', 'van der Berg', 'berg', 'Ann', 'Marie', 'PhD', 'Dr.', '小林', 'もり', '박', '陈', '*', '?', 'Qu', '%', 'Fárrow']) {
    add('a name that needs care', ['patient.name', name]);
  }
  const physicians = { referrer: (x) => x.referrer, interpreter: (x) => x.interpreters[0], performer: (x) => x.series.flatMap((s) => s.performers)[0] };
  for (const [parameter, of] of Object.entries(physicians)) {
    const person = records.map(of).find((p) => /^[^^=]+\^[^^=]+/.test(p?.pn ?? ''));
    if (!person) continue;
    const [last, first] = person.pn.split('=')[0].split('^');
    add(`${parameter}.name`, [`${parameter}.name`, last]);
    add(`${parameter}.family and started`, [`${parameter}.family`, last.toLowerCase()], ['started', 'ge2015']);
    add(`${parameter}.given`, [`${parameter}.given`, first]);
    const identified = records.map(of).find((p) => p?.identifiers.length);
    if (identified) add(`${parameter}:identifier`, [`${parameter}:identifier`, identified.identifiers[0].value]);
  }
}
