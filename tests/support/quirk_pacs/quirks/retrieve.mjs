// R1 to R16: what C-GET and C-MOVE do with their sub-operations.
import { choice, count, flag, words } from '../switches.mjs';

const codes = { a801: 0xa801, a700: 0xa700, a702: 0xa702, c000: 0xc000 };
const whole = ({ request }) => !request.sop;  // not the second try for a single instance

export const unknownDestination = (value) => codes[value];

export const retrieve = [
  { id: 'R1', name: 'r1.destinations', values: words('AE=host:port'), off: [], on: 'NOBODY=127.0.0.1:9', face: 'dimse',
    says: 'Only these destinations of C-MOVE are known; without the switch those that the archive was started with, or --destination.', seen: 'everyone' },
  { id: 'R1', name: 'r1.unknown_destination', values: choice('a801', 'a700', 'a702', 'c000'), off: 'a801', on: 'c000', face: 'dimse',
    says: 'What C-MOVE to an unknown destination ends with.', seen: 'dcmqrscp (a801); Orthanc (c000); Slicer#5979' },
  { id: 'R2', name: 'r2.get', values: choice('taken', 'absent'), off: 'taken', on: 'absent', face: 'dimse',
    says: 'C-GET is not accepted.', seen: 'most archives, pynetdicom#419',
    takes: ({ abstractSyntax }) => !/\.4\.1\.2\.[123]\.3$/.test(abstractSyntax) },
  { id: 'R2', name: 'r2.move', values: choice('taken', 'absent'), off: 'taken', on: 'absent', face: 'dimse',
    says: 'C-MOVE is not accepted.', seen: 'no product named',
    takes: ({ abstractSyntax }) => !/\.4\.1\.2\.[123]\.2$/.test(abstractSyntax) },
  { id: 'R2', name: 'r2.without_bulk_data', values: choice('absent', 'taken', 'whole', 'fails'), off: 'absent', on: 'taken', face: 'dimse',
    says: 'Composite Instance Retrieve Without Bulk Data (PS3.4 Annex Z) is taken; taken, and whole instances are sent; or taken, and ends with C000.',
    seen: 'taken: dcm4chee; whole, fails: no product named' },
  { id: 'R2', name: 'r2.frame_level', values: choice('absent', 'refused', 'taken', 'few', 'other', 'whole', 'all_pixels', 'fails'), off: 'absent', on: 'taken', face: 'dimse',
    says: 'Available Transfer Syntax UID is told, and frames are given by Composite Instance Root Retrieve (PS3.4 Annex Y); or that is not ' +
      'accepted, or ends with C000, or gives too few, those of another instance, the whole instance, the pixels of all under a right head.',
    seen: 'no product named',
    tells: ({ entity, extras }, { face, unknown }) => {
      if (face === 'dimse' && entity.level === 'IMAGE' && unknown.includes('00083002')) extras.push({ tag: 0x00083002, vr: 'UI', value: entity.syntax });
    } },
  { id: 'R3', name: 'r3.get_gives_nothing', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'C-GET is accepted, and ends with Success and no sub-operation.', seen: 'dcmjs-dimse#81, pynetdicom#812',
    retrieves: (does, { isGet }) => { if (isGet) Object.assign(does, { drops: () => true, counters: 'zero' }); } },
  { id: 'R3', name: 'r3.refused_classes', values: words('SOP Class UIDs'), off: [], on: '1.2.840.10008.5.1.4.1.1.2', face: 'dimse',
    says: 'Storage of these classes is not accepted for C-GET.', seen: 'pynetdicom#977',
    takes: ({ abstractSyntax }, asked, face, value) => !value.includes(abstractSyntax) },
  { id: 'R4', name: 'r4.originator', values: choice('told', 'absent'), off: 'told', on: 'absent', face: 'dimse',
    says: 'C-STOREs of a C-MOVE do not say whose they are.', seen: 'DICOM-RST docs',
    retrieves: (does) => { does.originator = false; } },
  { id: 'R5', name: 'r5.counters', values: choice('right', 'zero', 'absent', 'wrong'), off: 'right', on: 'absent', face: 'dimse',
    says: 'Numbers of sub-operations are 0, missing, or count what was not sent.', seen: 'pynetdicom#416',
    retrieves: (does, at, value) => { does.counters = value; } },
  { id: 'R6', name: 'r6.pending_every', values: count('instances; 1 for each'), off: 1, on: '5', face: 'dimse',
    says: 'A Pending comes after so many instances only; 0: never.', seen: 'GE: every 5',
    retrieves: (does, at, value) => { does.pendings = ({ index }) => value > 0 && index % value === value - 1; } },
  { id: 'R7', name: 'r7.final', values: choice('last', 'before_last', 'first', 'never'), off: 'last', on: 'before_last', face: 'dimse',
    says: 'The final response comes before the last instance, before the first, or never.', seen: 'ADIT; RSNA broker; dcm4che#199',
    retrieves: (does, at, value) => {
      if (value === 'never') does.silentFrom = ({ index, count: all }) => index === all;
      else does.finalBefore = ({ index, count: all }) => index === (value === 'first' ? 0 : all - 1);
    } },
  { id: 'R8', name: 'r8.drops', values: count('instances: each so-manieth'), off: 0, on: '2', face: 'dimse',
    says: 'Each so-manieth instance is not sent, and counted as completed.', seen: 'dcm4chee#357, #3052',
    retrieves: (does, at, value) => Object.assign(does, { drops: (of) => whole(of) && of.index % value === value - 1, counters: 'wrong' }) },
  { id: 'R8', name: 'r8.drops_always', values: count('instances: each so-manieth'), off: 0, on: '2', face: 'dimse',
    says: 'The same, also when such an instance is asked for alone.', seen: 'no product named',
    retrieves: (does, at, value) => Object.assign(does, { drops: ({ instance }) => instance.entity.parent.children.indexOf(instance.entity) % value === value - 1, counters: 'wrong' }) },
  { id: 'R9', name: 'r9.warns', values: choice('no', 'b000', 'b000_without_counters'), off: 'no', on: 'b000', face: 'dimse',
    says: 'Ends with B000 though everything was sent, with or without counters.', seen: 'dicoogle#710',
    retrieves: (does, at, value) => Object.assign(does, { finalStatus: 0xb000 }, value === 'b000' ? {} : { counters: 'absent' }) },
  { id: 'R10', name: 'r10.association_each', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'C-MOVE opens an association for each instance.', seen: 'fo-dicom-samples#3',
    retrieves: (does) => { does.associations = 'each'; } },
  { id: 'R11', name: 'r11.uids_only', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'A retrieve without UIDs, as by accession number, ends with 0120.', seen: 'dcm4che#217' },
  { id: 'R12', name: 'r12.fails_first', values: count('retrieves'), off: 0, on: '1', face: 'dimse',
    says: 'The first so many end with C000; then it works.', seen: 'fo-dicom#648' },
  { id: 'R13', name: 'r13.nearline', values: count('retrieves of each study'), off: 0, on: '1', face: 'dimse',
    says: 'The first so many retrieves of a study send nothing and say Success; then it is there.', seen: 'ADIT; dcm4chee NEARLINE' },
  { id: 'R14', name: 'r14.levels', values: choice('all', 'study', 'no_image'), off: 'all', on: 'study', face: 'dimse',
    says: 'Whatever is asked for, the whole study is sent; or IMAGE level is refused with A900.', seen: 'dicomweb-proxy useFetchLevel' },
  { id: 'R15', name: 'r15.destination_is_caller', values: choice('taken', 'refused'), off: 'taken', on: 'refused', face: 'dimse',
    says: 'A destination that is the calling AE title is refused with A801.', seen: 'pynetdicom#171' },
  { id: 'R16', name: 'r16.unasked', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'After a C-MOVE an instance of another study is sent to the same destination, too.', seen: 'no product named' },
  { id: 'R16', name: 'r16.twice', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'Each instance is sent twice.', seen: 'no product named',
    retrieves: (does) => { does.twice = () => true; } },
];
