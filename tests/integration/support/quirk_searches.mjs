// What the tests of quirks ask by FHIR, and what is wrong with an answer.
import { encode, entries, link, matches } from './client.mjs';

/// What the oracle takes for granted of an archive that only tells what stands in its truth.
export const known = { silent: new Set(), counts: true, spoils: () => false };

/// What users ask for (docs of the archive: searching by patient, accession number, name, modality, date, UID).
export const searches = {
  'everything': [],
  'everything, page by page': [],
  'a patient': [['patient.identifier', 'P1003']],
  'an accession number': [['identifier', 'ACC00055']],
  'an accession number of two studies': [['identifier', 'SHARED1']],
  'an accession number with marks in it': [['identifier', 'a\\,b\\|c\\$d']],
  'an accession number with a star in it': [['identifier', 'A*1']],
  'an accession number with a space before it': [['identifier', 'LEAD77']],
  'a patient whose id has a slash': [['patient.identifier', '12/34-ab']],
  'a patient whose id is not ASCII': [['patient.identifier', 'Ä17']],
  'a patient whose id is in Cyrillic': [['patient.identifier', 'Ж21']],
  'an accession number that is not ASCII': [['identifier', 'Ö5']],
  'the beginning of a name': [['patient.family', 'Quill']],
  'a name in small letters': [['patient.name', 'farrow']],
  'a name with an accent': [['patient.name', 'Köhler']],
  'a name without its accent': [['patient.name', 'Kohler']],
  'a name in kanji': [['patient.name', '小林']],
  'a name in Cyrillic': [['patient.name', 'Соколова']],
  'a modality': [['modality', 'MR']],
  'a day': [['started', '2024-03-10']],
  'some hours over midnight': [['started', 'ge2024-03-09T22:00:00+01:00'], ['started', 'lt2024-03-10T04:00:00+01:00']],
  'studies without a date': [['started:missing', 'true']],
  'a study': [['_id', '2.25.9173.17']],
  'some studies': [['_id', '2.25.9173.17,2.25.9173.30,2.25.9173.5,2.25.9173.999']],
  'a birth year': [['patient.birthdate', '1970']],
  'the women': [['patient.gender', 'female']],
  'a minute': [['started', '2024-03-10T10:15+01:00']],
  'a series': [['series', '2.25.9173.17.1']],
  'an instance': [['instance', '2.25.9173.17.1.1']],
  'what is available': [['status', 'available']],
};

/// [series, instances] of each UID.
export const countsOf = ({ studies }) => new Map(studies.map(({ attributes, series }) => [attributes.StudyInstanceUID, [series.length, series.flatMap(({ instances }) => instances).length]]));

/// {missing, more, miscounted, loud} of all pages: UIDs that should be there and are not, the other way round, those whose series or
/// instances are told and are not as many, and what says that it is not whole. `allowed`: what may come besides, since the archive
/// tells so little that it matches as it is told. `counts`: by `countsOf`.
export async function verdictOf(client, query, expected, count, allowed, counts) {
  const pages = [];
  for (let next = `ImagingStudy?${encode([...query, ['_count', `${count}`]])}`; next; next = link(pages.at(-1), 'next')) {
    const answer = await client.raw(next);
    if (answer.status >= 400) return { loud: `${answer.status}` };
    pages.push(JSON.parse(answer.text));
  }
  const loud = pages.flatMap((page) => entries(page, 'outcome')).flatMap((outcome) => outcome.issue).filter((issue) => issue.severity !== 'information');
  const found = pages.flatMap(matches);
  const ids = found.map((resource) => resource.id);
  const miscounted = found.filter(({ id, numberOfSeries, numberOfInstances }) => {
    const [series, instances] = counts.get(id) ?? [];
    return (numberOfSeries ?? series) !== series || (numberOfInstances ?? instances) !== instances;
  }).map(({ id }) => id);
  const missing = expected.filter((id) => !ids.includes(id));
  const more = ids.filter((id, n) => !(expected.includes(id) || allowed.includes(id)) || ids.indexOf(id) !== n);
  return { missing, more, miscounted, loud: loud.length ? loud.map((issue) => issue.code).join() : undefined };
}

/// Nothing too much, and what is missing is told of, or is what a count may lack.
export function wrongWith({ missing = [], more = [], miscounted = [], loud }) {
  if (more.length) return `${more.length} studies too many: ${more.slice(0, 3).join(', ')}`;
  if (miscounted.length && !loud) return `${miscounted.length} studies tell wrong counts, and nothing says so: ${miscounted.slice(0, 3).join(', ')}`;
  return missing.length && !loud ? `${missing.length} studies are missing, and nothing says so: ${missing.slice(0, 3).join(', ')}` : undefined;
}
