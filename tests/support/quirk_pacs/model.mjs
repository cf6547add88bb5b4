// What the archive holds: patients, studies, series and instances of a truth file, each with all its attributes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeText } from '../dimse_js/character_sets.mjs';
import { dataSetOffset, readDataSet, syntaxes, writeDataSet } from '../dimse_js/data_set.mjs';
import { byKeyword, levels, uniqueKeys, vrOf } from './dictionary.mjs';
import { StudyIndex } from './index.mjs';

const listed = (value) => (Array.isArray(value) ? value : value === '' ? [] : [value]);

/// Values by keyword: lists of texts, or of such objects for sequences; an empty list where the attribute has no value.
function valuesOf(attributes) {
  return Object.fromEntries(Object.entries(attributes).map(([keyword, value]) => [keyword,
    listed(value).map((one) => (typeof one === 'object' ? valuesOf(one) : one))]));
}

const distinct = (values) => [...new Set(values.filter((v) => v !== undefined && v !== ''))].sort();
const total = (list) => [`${list.length}`];

/// Of a level: `attributes` are its own, those above, and what is counted. `parent`, `children`, and `patient`, `study`, `series` as far as there are.
class Entity {
  children = [];

  constructor(level, attributes, parent) {
    Object.assign(this, { level, parent, attributes: { ...parent?.attributes, ...attributes } });
    parent?.children.push(this);
  }
  get uid() { return this.attributes[uniqueKeys[this.level]]?.[0] ?? ''; }
}

const patientKeywords = [...byKeyword.values()].filter((a) => a.level === 'PATIENT').map((a) => a.keyword);

export class Model {
  #patients = new Map();
  #index = new StudyIndex();

  /// `truth`: {studies: [{attributes, series: [{attributes, instances: [{attributes, file, transferSyntax}]}]}]}; `files`: the folder that file
  /// names start from. Without it, or for an instance without a file, instances are made of their attributes.
  constructor(truth, files) {
    const patients = this.#patients;
    Object.assign(this, { PATIENT: [], STUDY: [], SERIES: [], IMAGE: [] });
    for (const study of truth.studies) this.#add(study, patients, files);
    for (const study of this.STUDY) this.#count(study);
    for (const patient of this.PATIENT) {
      const series = patient.children.flatMap((s) => s.children);
      Object.assign(patient.attributes, { NumberOfPatientRelatedStudies: total(patient.children), NumberOfPatientRelatedSeries: total(series),
        NumberOfPatientRelatedInstances: total(series.flatMap((s) => s.children)) });
    }
  }

  /// The entities of `level` that can meet these keys (as StudyIndex.among has them), in the order of the archive.
  among(level, keys) {
    // What a series says of its study's date may be another.
    const studies = level === 'PATIENT' ? undefined : this.#index.among(level === 'STUDY' ? keys : { uids: keys.uids });
    if (!studies) return this[level];
    let within = studies;
    for (let depth = levels.indexOf('STUDY'); depth < levels.indexOf(level); ++depth) within = within.flatMap((entity) => entity.children);
    return within;
  }

  /// A study that arrives, as in a truth file without files. What is counted of its patient stays as it was.
  add(record) {
    this.#add(record, this.#patients);
    this.#count(this.STUDY.at(-1));
  }

  #add(record, patients, files) {
    const own = valuesOf(record.attributes);
    const key = JSON.stringify([own.PatientID, own.IssuerOfPatientID, own.PatientID?.length ? '' : own.StudyInstanceUID]);
    if (!patients.has(key)) {
      const attributes = Object.fromEntries(patientKeywords.filter((k) => own[k] !== undefined).map((k) => [k, own[k]]));
      patients.set(key, new Entity('PATIENT', attributes));
      this.PATIENT.push(patients.get(key));
    }
    const study = new Entity('STUDY', own, patients.get(key));
    // The study's own word about its patient goes, where the studies of a patient differ.
    for (const keyword of patientKeywords) if (own[keyword] === undefined) delete study.attributes[keyword];
    study.number = this.STUDY.push(study) - 1;
    this.#index.add(study);
    for (const entry of record.series) {
      const series = new Entity('SERIES', valuesOf(entry.attributes), study);
      this.SERIES.push(series);
      for (const each of entry.instances) {
        const instance = new Entity('IMAGE', valuesOf(each.attributes), series);
        instance.file = files && each.file ? join(files, each.file) : undefined;
        instance.syntax = instance.file ? each.transferSyntax : syntaxes.explicit;
        this.IMAGE.push(instance);
      }
    }
  }

  #count(study) {
    const instances = study.children.flatMap((s) => s.children);
    const told = { ModalitiesInStudy: distinct(study.children.map((s) => s.attributes.Modality?.[0])),
      SOPClassesInStudy: distinct(instances.map((i) => i.attributes.SOPClassUID?.[0])), NumberOfStudyRelatedSeries: total(study.children),
      NumberOfStudyRelatedInstances: total(instances) };
    for (const each of [study, ...study.children, ...instances]) Object.assign(each.attributes, told);
    for (const series of study.children)
      for (const each of [series, ...series.children]) each.attributes.NumberOfSeriesRelatedInstances = total(series.children);
  }
}

/// The entity of `level` that `entity` is or lies in.
export function above(entity, level) {
  for (let at = entity; at; at = at.parent) if (at.level === level) return at;
  return undefined;
}
export const instancesOf = (entity) => (entity.level === 'IMAGE' ? [entity] : entity.children.flatMap(instancesOf));

// --- the bytes of an instance ---------------------------------------------------------------------------------------------------

/// {sopClass, sop, study, series, syntax, bytes}: its data set as it is stored.
export function stored(instance) {
  const { attributes: a, file, syntax } = instance;
  const about = { entity: instance, sopClass: a.SOPClassUID[0], sop: a.SOPInstanceUID[0], study: a.StudyInstanceUID[0], series: a.SeriesInstanceUID[0], syntax };
  if (!file) return { ...about, bytes: writeDataSet(madeOf(a), syntax) };
  const bytes = readFileSync(file);
  return { ...about, bytes: bytes.subarray(dataSetOffset(bytes)) };
}

const computed = /^(NumberOf.*Related|ModalitiesInStudy|SOPClassesInStudy)/;

function madeOf(attributes) {
  const set = new Map([[byKeyword.get('SpecificCharacterSet').tag, { vr: 'CS', bytes: Buffer.from('ISO_IR 192') }]]);
  for (const [keyword, values] of Object.entries(attributes)) if (!computed.test(keyword)) put(set, keyword, values, ['ISO_IR 192']);
  return set;
}

/// Puts values under a keyword into a data set, written in the character set `labels`.
export function put(set, keyword, values, labels) {
  const { tag, vr } = byKeyword.get(keyword) ?? {};
  if (tag === undefined) return;
  if (vr === 'SQ') {
    set.set(tag, { vr, items: values.map((item) => {
      const inner = new Map();
      for (const [name, its] of Object.entries(item)) put(inner, name, its, labels);
      return inner;
    }) });
  } else if (vr === 'US') {
    const bytes = Buffer.alloc(2 * values.length);
    values.forEach((value, n) => bytes.writeUInt16LE(Number(value), 2 * n));
    set.set(tag, { vr, bytes });
  } else {
    const text = values.join('\\');
    set.set(tag, { vr, bytes: encodeText(text, labels) ?? encodeText(text, ['ISO_IR 192']) });
  }
}

export const uncompressed = [syntaxes.explicit, syntaxes.implicit, syntaxes.deflated, syntaxes.bigEndian];

/// The same instance in another uncompressed syntax; undefined where that would need a codec.
export function converted(instance, syntax) {
  if (instance.syntax === syntax) return instance;
  if (!uncompressed.includes(instance.syntax) || !uncompressed.includes(syntax)) return undefined;
  return { ...instance, syntax, bytes: writeDataSet(readDataSet(instance.bytes, instance.syntax, vrOf), syntax) };
}

// What is not sent with an instance that is retrieved without bulk data (PS3.4 Table Z.1-1); the groups repeat.
const bulk = new Set([0x7fe00008, 0x7fe00009, 0x7fe00010, 0x56000020]);
const isBulk = (tag) => bulk.has(tag) || ((tag >>> 24) === 0x60 && (tag & 0xffff) === 0x3000);

/// The same instance so, in Explicit VR Little Endian.
export function withoutBulkData(instance) {
  const set = readDataSet(instance.bytes, instance.syntax, vrOf);
  for (const tag of [...set.keys()]) if (isBulk(tag)) set.delete(tag);
  return { ...instance, syntax: syntaxes.explicit, bytes: writeDataSet(set, syntaxes.explicit) };
}
