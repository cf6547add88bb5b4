// N1 to N10: what happens to associations before anything is asked.
import { choice, count, flag, text, words } from '../switches.mjs';

// PS3.8 Table 9-21: [result, source, reason].
const transient = [2, 3, 2];     // presentation provider, local limit exceeded
const congested = [2, 3, 1];
const permanent = [1, 1, 1];
const unknownCaller = [1, 1, 3];
const unknownCalled = [1, 1, 7];
const notFor = { transient, congested, permanent };

export const associations = [
  { id: 'N1', name: 'n1.associations', values: count('associations at once'), off: 0, on: '1', face: 'dimse',
    says: 'More associations than that are rejected for now: local limit exceeded.', seen: 'dcmqrscp; pynetdicom#732 (10)',
    admits: (asked, face, value) => (face.open > value ? transient : undefined) },
  { id: 'N1', name: 'n1.per_caller', values: count('associations at once'), off: 0, on: '1', face: 'dimse',
    says: 'The same for each calling AE title.', seen: 'dcm4che#373, #1712',
    admits: (asked, face, value) => (face.openOf(asked.calling) > value ? transient : undefined) },
  { id: 'N2', name: 'n2.calling', values: words('AE titles'), off: [], on: 'KNOWN', face: 'dimse',
    says: 'Other calling AE titles are rejected.', seen: 'everyone',
    admits: ({ calling }, face, value) => (value.includes(calling) ? undefined : unknownCaller) },
  { id: 'N2', name: 'n2.called', values: words('AE titles'), off: [], on: 'QUIRK', face: 'dimse',
    says: 'Other called AE titles are rejected.', seen: 'everyone',
    admits: ({ called }, face, value) => (value.includes(called) ? undefined : unknownCalled) },
  { id: 'N3', name: 'n3.idle_ms', values: count('ms'), off: 0, on: '20', face: 'dimse',
    says: 'A connection on which nothing came for so long is closed, without a word.', seen: 'ADIT clears dead ones' },
  { id: 'N3', name: 'n3.operations', values: count('operations'), off: 0, on: '1', face: 'dimse',
    says: 'After so many operations the connection is closed, without a word.', seen: 'ADIT' },
  { id: 'N3', name: 'n3.second', values: choice('answered', 'silent', 'stale'), off: 'answered', on: 'stale', face: 'dimse',
    says: 'From its second operation on an association gets no answers, or such with the message id of the operation before.', seen: 'no product named' },
  { id: 'N4', name: 'n4.rejects_first', values: count('associations'), off: 0, on: '1', face: 'dimse',
    says: 'The first so many are rejected for now; a client that loses count of them starves.', seen: 'DICOM-RST GH-56',
    admits: (asked, face, value) => (face.associations <= value ? transient : undefined) },
  { id: 'N4', name: 'n4.rejects', values: choice('none', 'transient', 'congested', 'permanent'), off: 'none', on: 'permanent', face: 'dimse',
    says: 'All are rejected.', seen: 'no product named',
    admits: (asked, face, value) => notFor[value] },
  { id: 'N5', name: 'n5.contexts', values: count('presentation contexts'), off: 0, on: '1', face: 'dimse',
    says: 'An association that proposes more is rejected.', seen: 'Orthanc NEWS',
    admits: ({ contexts }, face, value) => (contexts.length > value ? permanent : undefined) },
  { id: 'N5', name: 'n5.flaky', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'Every second association is accepted with none of its contexts.', seen: 'Orthanc NEWS',
    takes: (context, asked, face) => face.associations % 2 === 1 },
  { id: 'N5', name: 'n5.implicit_only', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'Queries are accepted in Implicit VR Little Endian only.', seen: 'no product named' },
  { id: 'N6', name: 'n6.session_ms', values: count('ms'), off: 0, on: '20', face: 'dimse',
    says: 'An association is aborted when it is so old, whatever goes on.', seen: 'GE Discovery' },
  { id: 'N6', name: 'n6.answer_ms', values: count('ms'), off: 0, on: '20',
    says: 'Every answer begins so late.', seen: 'no product named' },
  { id: 'N6', name: 'n6.stalls_after', values: count('rows'), off: 0, on: '1', face: 'dimse',
    says: 'After so many rows nothing more comes, and the association stays open.', seen: 'no product named' },
  { id: 'N6', name: 'n6.aborts_after', values: count('rows'), off: 0, on: '1', face: 'dimse',
    says: 'After so many rows it aborts.', seen: 'no product named' },
  { id: 'N6', name: 'n6.fails_after', values: count('rows'), off: 0, on: '1', face: 'dimse',
    says: 'After so many rows the final status is A700.', seen: 'no product named' },
  { id: 'N7', name: 'n7.max_pdu', values: count('bytes'), off: 0, on: '4096', face: 'dimse',
    says: 'PDUs of that length are the longest that it takes and sends.', seen: '16,372 and 16,378 in logs' },
  { id: 'N7', name: 'n7.fragments', values: count('bytes'), off: 0, on: '8', face: 'dimse',
    says: 'Data sets are cut into PDVs of so many bytes, odd numbers too (which DCMTK cannot read).', seen: 'no product named' },
  { id: 'N8', name: 'n8.user', values: text('name:password'), off: '', on: 'reader:secret', face: 'dimse',
    says: 'User identity negotiation with this name and password is demanded.', seen: 'dcm4chee options',
    admits: ({ user }, face, value) => (user && `${user.primary}:${user.secondary}` === value ? undefined : permanent) },
  { id: 'N9', name: 'n9.tls', values: text('key.pem,certificate.pem[,authority.pem]'), off: '', on: undefined, face: 'dimse',
    says: 'DIMSE goes over TLS, with client certificates of that authority if one is given; from the start only.', seen: 'Orthanc, BCP-195 profiles' },
  { id: 'N9', name: 'n9.tls_version', values: choice('any', 'TLSv1.2', 'TLSv1.3'), off: 'any', on: undefined, face: 'dimse',
    says: 'TLS in this version only; from the start only.', seen: 'Orthanc 1.12 notes' },
  { id: 'N10', name: 'n10.stale_address', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'C-MOVE dials an address where the destination is no more, and fails with A700.', seen: 'Horos#667' },
];
