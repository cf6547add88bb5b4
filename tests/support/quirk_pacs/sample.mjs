// A small archive to try things on: six studies of five patients, without files. Kept when the program is given no truth.
const root = '1.2.826.0.1.3680043.10.1.9';
const classes = { CT: '1.2.840.10008.5.1.4.1.1.2', MR: '1.2.840.10008.5.1.4.1.1.4', US: '1.2.840.10008.5.1.4.1.1.6.1', SR: '1.2.840.10008.5.1.4.1.1.88.22', OT: '1.2.840.10008.5.1.4.1.1.7' };

function study(number, attributes, modalities) {
  const uid = `${root}.${number}`;
  return { attributes: { StudyInstanceUID: uid, StudyID: `S${number}`, ...attributes }, series: modalities.map(([modality, images], s) => ({
    attributes: { SeriesInstanceUID: `${uid}.${s + 1}`, SeriesNumber: `${s + 1}`, Modality: modality, SeriesDescription: `series ${s + 1}` },
    instances: Array.from({ length: images }, (_, i) => ({ attributes: { SOPClassUID: classes[modality], SOPInstanceUID: `${uid}.${s + 1}.${i + 1}`, InstanceNumber: `${i + 1}` } })) })) };
}

const jane = { PatientName: 'DOE^JANE', PatientID: 'P1', PatientBirthDate: '19700203', PatientSex: 'F' };

export const sampleTruth = { studies: [
  study(1, { ...jane, StudyDate: '20240310', StudyTime: '233000', AccessionNumber: 'A1', StudyDescription: 'CHEST', TimezoneOffsetFromUTC: '+0100' }, [['CT', 2], ['SR', 1]]),
  study(2, { ...jane, StudyDate: '20240311', StudyTime: '001500', AccessionNumber: 'A2', StudyDescription: 'KNEE' }, [['MR', 4]]),
  study(3, { PatientName: 'Müller^Jörg', PatientID: 'P2', PatientBirthDate: '19500607', PatientSex: 'M', StudyDate: '20230105', StudyTime: '120000', AccessionNumber: 'A3', StudyDescription: 'chest' }, [['US', 1]]),
  study(4, { PatientName: 'Doe^John', PatientID: 'P3', PatientBirthDate: '', PatientSex: '', StudyDate: '20240310', StudyTime: '101500', AccessionNumber: 'A4', StudyDescription: 'HEAD' }, [['CT', 1]]),
  study(5, { PatientName: 'Kobayashi^Aoi=小林^葵=こばやし^あおい', PatientID: 'P4', PatientBirthDate: '19881111', PatientSex: 'F', StudyDate: '', StudyTime: '', AccessionNumber: '', StudyDescription: '' }, [['OT', 1]]),
  study(6, { PatientName: 'Quill^Una', PatientID: 'P5', PatientBirthDate: '20010101', PatientSex: 'O', StudyDate: '20191231', StudyTime: '080000', AccessionNumber: 'A6', StudyDescription: 'CHEST' }, [['CT', 1], ['MR', 1]]),
] };
