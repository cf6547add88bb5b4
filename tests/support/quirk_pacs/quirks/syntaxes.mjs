// T1 to T4: transfer syntaxes of what is retrieved.
import { syntaxes as known } from '../../dimse_js/data_set.mjs';
import { choice, flag } from '../switches.mjs';

export const named = { explicit: known.explicit, implicit: known.implicit, deflated: known.deflated, big_endian: known.bigEndian };

export const syntaxes = [
  { id: 'T1', name: 't1.compressed_aborts', values: flag, off: false, on: 'on', face: 'dimse',
    says: 'It prefers compressed syntaxes for storage, and aborts when it should compress.', seen: 'DICOM-RST "uncompressed"',
    retrieves: (does, { compressed }) => { if (compressed) does.abortsBefore = () => true; } },
  { id: 'T2', name: 't2.as_stored', values: flag, off: false, on: 'on',
    says: 'The stored syntax is sent, whatever was asked for (WADO-RS) or accepted (C-STORE).', seen: 'Orthanc NEWS, private syntaxes' },
  { id: 'T3', name: 't3.stored', values: choice('as_is', 'explicit', 'implicit', 'deflated', 'big_endian'), off: 'as_is', on: 'big_endian',
    says: 'What is stored uncompressed is stored in this syntax.', seen: 'Orthanc issue 219; DICOM-RST changelog' },
  { id: 'T4', name: 't4.default', values: choice('explicit', 'stored', 'implicit'), off: 'explicit', on: 'implicit', face: 'http',
    says: 'What WADO-RS sends when no transfer syntax was asked for.', seen: 'servers from before 2016; Orthanc 1.5' },
];
