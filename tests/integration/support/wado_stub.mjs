// A DICOMweb server of made instances that retrieves as badly as the test says: QIDO-RS by path, WADO-RS.
import { createServer } from 'node:http';
import { makeFile } from './files.mjs';

const value = (vr, ...values) => ({ vr, Value: values });

/// `count` instances of one study and series, each of `size` bytes of pixels.
export function madeInstances(study, count, size = 64, sopClass = undefined) {
  return Array.from({ length: count }, (_, n) => {
    const one = { study, series: `${study}.1`, uid: `${study}.1.${n + 1}`, number: n + 1, sopClass: sopClass ?? '1.2.840.10008.5.1.4.1.1.7' };
    return { ...one, file: makeFile({ ...one, size }) };
  });
}

/// The instance as one that is stored in the first of these transfer syntaxes, and available in all.
export const availableIn = (one, available) => ({ ...one, available, file: makeFile({ ...one, side: 16, syntax: available[0] }) });

function rows(instances, level) {
  const uids = (i) => ({ '0020000D': value('UI', i.study), ...(level === 'studies' ? {} : { '0020000E': value('UI', i.series) }) });
  if (level === 'instances')
    return instances.map((i) => ({ ...uids(i), '00080016': value('UI', i.sopClass), '00080018': value('UI', i.uid), '00200013': value('IS', i.number),
      ...(i.available ? { '00083002': value('UI', ...i.available) } : {}) }));
  const count = (key, of) => new Set(instances.filter((i) => i[level === 'studies' ? 'study' : 'series'] === of).map((i) => i[key])).size;
  const key = level === 'studies' ? 'study' : 'series';
  return [...new Map(instances.map((i) => [i[key], i])).values()].map((i) => (level === 'series'
    ? { ...uids(i), '00080060': value('CS', 'OT'), '00201209': value('IS', count('uid', i.series)) }
    : { ...uids(i), '00080020': value('DA', '20240310'), '00100020': value('LO', 'HAND-1'), '00100010': value('PN', { Alphabetic: 'Made^By^Hand' }),
      '00080061': value('CS', 'OT'), '00201206': value('IS', count('series', i.study)), '00201208': value('IS', count('uid', i.study)) }));
}

/// Of an instance also `available`: the Available Transfer Syntax UIDs that are told of it; it is sent in the first, see `availableIn`.
/// {url, searches: how many, by what is searched for, retrieves: paths, sent: UIDs whose bytes all went out, broken: answers that the client did not take to their end, stop()}.
/// `behave(instance, n)`, of the n-th of a retrieve from 0 on: nothing; {drops}: it is left out; {dies}: the connection ends within it;
/// {holds: promise}: it begins no sooner.
export async function wadoStub(instances, behave = () => undefined) {
  const stub = { searches: { studies: 0, series: 0, instances: 0 }, retrieves: [], sent: [], broken: 0 };
  const server = createServer(async (request, answer) => {
    const { pathname } = new URL(request.url, 'http://stub');
    const parts = pathname.replace('/dicom-web/', '').split('/');
    const uids = parts.filter((_, n) => n % 2 === 1);
    const held = instances.filter((i) => [i.study, i.series, i.uid].every((uid, n) => !uids[n] || uid === uids[n]));
    if (parts.length % 2 === 1) {
      ++stub.searches[parts.at(-1)];
      const asked = new URL(request.url, 'http://stub').searchParams;
      const by = asked.get('StudyInstanceUID') ?? asked.get('0020000D');
      const found = rows(held.filter((i) => !by || by.split(/[,\\]/).includes(i.study)), parts.at(-1)).slice(Number(asked.get('offset') ?? 0));
      answer.writeHead(200, { 'Content-Type': 'application/dicom+json' }).end(JSON.stringify(found));
      return;
    }
    stub.retrieves.push(pathname);
    answer.on('error', () => {});
    answer.on('close', () => { if (!answer.writableFinished) ++stub.broken; });
    // When it has gone out; false: nobody takes it.
    const write = (bytes) => new Promise((resolve) => {
      if (answer.destroyed) resolve(false);
      else answer.write(bytes, (error) => resolve(!error && !answer.destroyed));
    });
    const given = held.map((i, n) => [i, behave(i, n) ?? {}]).filter(([, how]) => !how.drops);
    if (given.length === 0) { answer.writeHead(404).end(); return; }
    answer.writeHead(200, { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=part' });
    for (const [instance, how] of given) {
      if (how.holds) await how.holds;
      await write(`\r\n--part\r\nContent-Type: application/dicom; transfer-syntax=${instance.available?.[0] ?? '1.2.840.10008.1.2.1'}\r\n\r\n`);
      if (how.dies) {
        await write(instance.file.subarray(0, instance.file.length / 2));
        answer.destroy();
        return;
      }
      if (await write(instance.file)) stub.sent.push(instance.uid);
      else return;
    }
    answer.end('\r\n--part--\r\n');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(stub, {
    port: server.address().port,
    url: `http://127.0.0.1:${server.address().port}/dicom-web`,
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  });
}
