// dcmjs-dimse as a client: what it was told, in a form to compare.
import { createHash } from 'node:crypto';
import dcmjsDimse from '../../conformance/node_modules/dcmjs-dimse/build/dcmjs-dimse.min.js';

const { Client, Scp, Server } = dcmjsDimse;
const { PresentationContextResult, SopClass, Status } = dcmjsDimse.constants;
const { CEchoResponse, CStoreResponse } = dcmjsDimse.responses;
export const { requests, Dataset } = dcmjsDimse;
dcmjsDimse.log.disableAll?.();

/// The elements of a data set without what is none: nothing empty, no group lengths; bytes by their hash.
export function elementsOf(dataset) {
  const plain = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return createHash('sha256').update(Buffer.from(value.buffer ?? value)).digest('hex');
    if (Array.isArray(value)) return value.map(plain);
    if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).filter(([name, inner]) => !name.startsWith('_') && inner !== '' && inner !== undefined && inner !== null).map(([name, inner]) => [name, plain(inner)]).sort(([a], [b]) => (a < b ? -1 : 1)));
    return value;
  };
  return plain(dataset.getElements());
}

/// One association with these requests: {responses: [{status, elements, completed, failures, warnings, remaining, comment}], of all of them; stored: by
/// SOP Instance UID, what came by C-GET; rejected; error}. `at`: {dimsePort, aet}.
export function converse(at, all, { calling = 'DCMJS' } = {}) {
  const client = new Client();
  const told = { responses: [], stored: new Map() };
  for (const request of [all].flat()) {
    request.on('response', (response) => told.responses.push({ status: response.getStatus(), comment: response.getErrorComment?.(),
      ...(response.hasDataset() ? { elements: elementsOf(response.getDataset()) } : {}),
      ...(response.getCompleted ? { completed: response.getCompleted(), failures: response.getFailures(), warnings: response.getWarnings(), remaining: response.getRemaining() } : {}) }));
    client.addRequest(request);
  }
  client.on('cStoreRequest', (request, callback) => {
    told.stored.set(request.getAffectedSopInstanceUid(), elementsOf(request.getDataset()));
    const response = CStoreResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  });
  return new Promise((resolve) => {
    client.on('associationRejected', (why) => { told.rejected = why; });
    client.on('networkError', (error) => { told.error = error; });
    client.on('closed', () => resolve(told));
    client.send('127.0.0.1', at.dimsePort, calling, at.aet, { connectTimeout: 20000, associationTimeout: 20000, pduTimeout: 60000 });
  });
}

/// Its own Scp as a destination of C-MOVE: {stored: as above, callers: calling AE titles, stop()}.
export async function scp(port) {
  const taken = { stored: new Map(), callers: [] };
  class Destination extends Scp {
    associationRequested(association) {
      taken.callers.push(association.getCallingAeTitle());
      for (const { id } of association.getPresentationContexts()) {
        const context = association.getPresentationContext(id);
        context.setResult(PresentationContextResult.Accept, context.getTransferSyntaxUids()[0]);
      }
      this.sendAssociationAccept();
    }
    cEchoRequest(request, callback) {
      const response = CEchoResponse.fromRequest(request);
      response.setStatus(Status.Success);
      callback(response);
    }
    cStoreRequest(request, callback) {
      taken.stored.set(request.getAffectedSopInstanceUid(), elementsOf(request.getDataset()));
      const response = CStoreResponse.fromRequest(request);
      response.setStatus(Status.Success);
      callback(response);
    }
    associationReleaseRequested() { this.sendAssociationReleaseResponse(); }
  }
  const server = new Server(Destination);
  server.on('networkError', () => {});
  server.listen(port);
  return Object.assign(taken, { stop: async () => { server.close(); } });
}

export { SopClass };
