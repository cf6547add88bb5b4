// Made CT studies, image by image as a scanner sends them: so many pixels of 16 bits, and what an image tells of itself.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instancesOf } from '../../tests/integration/support/archives.mjs';
import { asFile, syntaxes, writeDataSet } from '../../tests/support/dimse_js/data_set.mjs';
import { byKeyword } from '../../tests/support/quirk_pacs/dictionary.mjs';
import { put } from '../../tests/support/quirk_pacs/model.mjs';

const sopClass = '1.2.840.10008.5.1.4.1.1.2';
const root = '1.2.826.0.1.3680043.10.1.30';

// Noise from one seed, the same in every image.
function pixels(side) {
  const words = new Uint16Array(side * side);
  for (let n = 0, state = 1; n < words.length; ++n) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[n] = state >>> 20;
  }
  return Buffer.from(words.buffer);
}

function attributesOf(study, number, side) {
  return {
    SpecificCharacterSet: ['ISO_IR 100'], ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'], SOPClassUID: [sopClass],
    SOPInstanceUID: [`${study.uid}.1.${number}`], StudyDate: [study.date], StudyTime: ['101500'], SeriesDate: [study.date],
    SeriesTime: ['101700'], AccessionNumber: [`A${study.number}`], Modality: ['CT'], Manufacturer: ['Made up'],
    ReferringPhysicianName: ['Referrer^Rita'], StudyDescription: ['CT thorax'], SeriesDescription: ['axial, 1 mm'],
    PatientName: ['Whitlock^Ada'], PatientID: [study.patient], PatientBirthDate: ['19580303'], PatientSex: ['F'],
    BodyPartExamined: ['CHEST'], SliceThickness: ['1'], KVP: ['120'], StudyInstanceUID: [study.uid],
    SeriesInstanceUID: [`${study.uid}.1`], StudyID: [`S${study.number}`], SeriesNumber: ['1'], InstanceNumber: [`${number}`],
    ImagePositionPatient: ['-170', '-170', `${number}`], ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'],
    FrameOfReferenceUID: [`${study.uid}.9`], SamplesPerPixel: ['1'], PhotometricInterpretation: ['MONOCHROME2'],
    Rows: [`${side}`], Columns: [`${side}`], PixelSpacing: ['0.66', '0.66'], BitsAllocated: ['16'], BitsStored: ['12'],
    HighBit: ['11'], PixelRepresentation: ['0'], WindowCenter: ['40'], WindowWidth: ['400'], RescaleIntercept: ['-1024'],
    RescaleSlope: ['1'],
  };
}

/// Writes studies of one series each as PS3.10 files into `folder`: the form in which archives.mjs loads them. A study of
/// `studies` is {patient, images}; `side`: rows and columns of its images.
export function writeStudies(folder, studies, { side = 512 } = {}) {
  const bytes = pixels(side);
  const written = studies.map(({ patient, images }, n) => {
    const study = { uid: `${root}.${n + 1}`, number: n + 1, patient, date: `${2000 + (n % 20)}0${1 + (n % 9)}1${n % 10}` };
    const instances = Array.from({ length: images }, (_, i) => {
      const attributes = attributesOf(study, i + 1, side);
      const set = new Map();
      for (const [keyword, values] of Object.entries(attributes)) put(set, keyword, values, ['ISO_IR 100']);
      set.set(byKeyword.get('PixelData').tag, { vr: 'OW', bytes });
      const file = `${n + 1}-${i + 1}.dcm`;
      writeFileSync(join(folder, file), asFile(writeDataSet(set, syntaxes.explicit),
        { sopClass, sop: attributes.SOPInstanceUID[0], syntax: syntaxes.explicit }));
      return { attributes: { SOPClassUID: sopClass }, transferSyntax: syntaxes.explicit, file };
    });
    return { uid: study.uid, patient, images, series: [{ instances }] };
  });
  return { root: folder, truth: { studies: written } };
}

/// The paths of all files.
export const filesOf = (data) => instancesOf(data).map(({ file }) => join(data.root, file));
