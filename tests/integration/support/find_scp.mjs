// A C-FIND SCP that answers as badly as the test says: Study Root, made studies of one patient.
import { createServer } from 'node:net';
import { writeDataSet } from '../../support/dimse_js/data_set.mjs';
import { commands, Link, wrapped } from '../../support/dimse_js/upper_layer.mjs';

const vrs = { 0x00080020: 'DA', 0x00080052: 'CS', 0x00100010: 'PN', 0x00100020: 'LO', 0x0020000d: 'UI' };

function row(n, syntax) {
  const values = { 0x00080020: '20240310', 0x00080052: 'STUDY', 0x00100010: 'Made^By^Hand', 0x00100020: 'HAND-1', 0x0020000d: `1.2.51.${n + 1}` };
  return writeDataSet(new Map(Object.entries(values).map(([tag, text]) => [Number(tag), { vr: vrs[tag], bytes: Buffer.from(text) }])), syntax);
}

/// {port, does, asked: C-FINDs, cancelled: C-CANCELs, stop()}. `does`, which may be changed while it runs: {rejects: [result, source, reason]},
/// {refuses}: every context; {rows: how many}; {then}: 'silent', 'aborts', 'dies', 'garbage' after them, a final status, or a promise of one.
export async function findScp(does = {}) {
  const scp = { does, asked: 0, cancelled: 0 };
  const sockets = new Set();
  const serve = async (link) => {
    const accepted = await link.accept((asked) => (scp.does.rejects ? { reject: scp.does.rejects }
      : asked.contexts.map(({ transferSyntaxes: [syntax] }) => (scp.does.refuses ? undefined : syntax))));
    if (!accepted) return;
    for (let message = await link.message(); message; message = await link.message()) {
      const { context, command } = message;
      if (command.command === commands.cancelRq) ++scp.cancelled;
      if (command.command !== commands.findRq) continue;
      ++scp.asked;
      const { rows = 3, then = 0 } = scp.does;
      const reply = (status) => ({ affectedSopClass: command.affectedSopClass, command: commands.findRsp, respondsTo: command.messageId, status });
      for (let n = 0; n < rows; ++n) {
        const bytes = row(n, link.contexts.get(context).transferSyntax);
        await link.send(context, reply(0xff00), { pieces: [bytes], length: bytes.length });
      }
      if (then === 'aborts') return link.abort();
      if (then === 'dies') return link.socket.destroy();
      if (then === 'garbage') await link.write(wrapped(4, Buffer.from('no PDV at all')));
      const status = await then;
      if (typeof status === 'number') await link.send(context, reply(status));
    }
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(new Link(socket)).catch(() => {}).finally(() => socket.destroySoon());
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return Object.assign(scp, { port: server.address().port,
    stop: () => new Promise((resolve) => { server.close(resolve); for (const socket of sockets) socket.destroy(); }) });
}
