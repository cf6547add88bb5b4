// What users ask by QIDO-RS, and what the truth is then: PS3.4 §C.2.2.2 on the attributes of the truth file.

const text = (value) => (typeof value === 'string' ? value.trim() : '');
const all = (study, keyword) => [study, ...study.series, ...study.series.flatMap(({ instances }) => instances)].flatMap(({ attributes }) => attributes[keyword] ?? []);
const uid = ({ attributes }) => attributes.StudyInstanceUID;
const folded = (name) => name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

const tags = { studies: '0020000D', series: '0020000E' };

// One page after the other; the UIDs that came.
async function walk(client, url, path, query, page) {
  const uids = [];
  const warnings = [];
  for (let offset = 0; ; offset += page) {
    const answer = await client.raw(`${url}/dicomweb/${path}?${[query, `limit=${page}`, `offset=${offset}`].filter(Boolean).join('&')}`);
    if (answer.status >= 400) return { loud: `${answer.status}` };
    if (answer.headers.warning && !/additional results/.test(answer.headers.warning)) warnings.push(answer.headers.warning);
    const rows = answer.text ? JSON.parse(answer.text) : [];
    uids.push(...rows.map((row) => row[tags[path]].Value[0]));
    if (rows.length < page) return { uids, loud: warnings.length ? 'Warning' : undefined };
  }
}

function query(path, keys, meets, page = 500) {
  return { meets, path, async verdict(client, url, expected) {
    const { uids = [], loud } = await walk(client, url, path, keys, page);
    if (loud && /^\d+$/.test(loud)) return { loud };
    return { missing: expected.filter((one) => !uids.includes(one)), more: uids.filter((one, n) => !expected.includes(one) || uids.indexOf(one) !== n), loud };
  } };
}

export const asked = {
  'by patient': query('studies', 'PatientID=P1003', ({ attributes: a }) => text(a.PatientID) === 'P1003'),
  'by accession number': query('studies', 'AccessionNumber=ACC00055', ({ attributes: a }) => text(a.AccessionNumber) === 'ACC00055'),
  'by patient, beyond ASCII': query('studies', `PatientID=${encodeURIComponent('Ä17')}`, ({ attributes: a }) => text(a.PatientID) === 'Ä17'),
  'by patient, in Cyrillic': query('studies', `PatientID=${encodeURIComponent('Ж21')}`, ({ attributes: a }) => text(a.PatientID) === 'Ж21'),
  'by name': query('studies', 'PatientName=Quill*', ({ attributes: a }) => text(a.PatientName).split('=').some((group) => folded(group).startsWith('quill'))),
  'by dates': query('studies', 'StudyDate=20240301-20240331', ({ attributes: a }) => /^202403/.test(text(a.StudyDate).replaceAll('.', ''))),
  'by modality': query('studies', 'ModalitiesInStudy=MR&StudyDate=20200101-', (study) => all(study, 'Modality').includes('MR') && text(study.attributes.StudyDate).replaceAll('.', '') >= '20200101'),
  'by a list of UIDs': query('studies', 'StudyInstanceUID=2.25.9173.17,2.25.9173.30,2.25.9173.5', ({ attributes: a }) => ['2.25.9173.17', '2.25.9173.30', '2.25.9173.5'].includes(a.StudyInstanceUID)),
  'series of a modality': query('series', 'PatientID=P1003&Modality=CT', undefined),
  'through all pages': query('studies', '', () => true, 30),
};

/// The UIDs that should come.
export function truthOf(studies, { meets, path }) {
  if (path === 'series')
    return studies.filter(({ attributes: a }) => text(a.PatientID) === 'P1003').flatMap(({ series }) => series).filter(({ attributes: a }) => a.Modality === 'CT').map(({ attributes: a }) => a.SeriesInstanceUID);
  return studies.filter(meets).map(uid);
}
