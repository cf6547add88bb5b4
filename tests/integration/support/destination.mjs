// A storage SCP that takes what C-MOVE sends, or does not, as the test says.
import { createServer } from 'node:net';
import { commands, Link } from '../../support/dimse_js/upper_layer.mjs';

/// {port, associations: requests, taken: [{uid, syntax, command, data}], released, stop()}. `accepts(abstract, transfer)`: which contexts;
/// `rejects(request)`: [result, source, reason]; `answers(command, n)`: the status of the n-th C-STORE from 0 on, or 'dies'.
export async function destination({ accepts = () => true, rejects = () => undefined, answers = () => 0 } = {}) {
  const scp = { associations: [], taken: [], released: 0 };
  let stores = 0;
  const serve = async (link) => {
    const request = await link.accept((asked) => {
      const reject = rejects(asked);
      if (reject) return { reject };
      return asked.contexts.map((c) => c.transferSyntaxes.find((syntax) => accepts(c.abstractSyntax, syntax)));
    });
    if (!request) return;
    scp.associations.push(request);
    for (let message = await link.message(); message; message = await link.message()) {
      const { command, context, data } = message;
      const status = answers(command, stores++);
      if (status === 'dies') { link.socket.destroy(); return; }
      scp.taken.push({ uid: command.affectedSopInstance, syntax: link.contexts.get(context).transferSyntax, command, data, status });
      await link.send(context, { affectedSopClass: command.affectedSopClass, command: commands.storeRsp, respondsTo: command.messageId,
        status, affectedSopInstance: command.affectedSopInstance });
    }
    ++scp.released;
  };
  const server = createServer((socket) => { serve(new Link(socket)).catch(() => {}).finally(() => socket.destroySoon()); });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(scp, { port: server.address().port, stop: () => new Promise((resolve) => { server.close(resolve); }) });
}
