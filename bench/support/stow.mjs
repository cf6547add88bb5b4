// A STOW-RS client that stores files one after another on one connection, as a modality's own queue would.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

/// Stores each of `files` (paths) at `url`, a DICOMweb base. Throws at the first that is not stored.
export async function stowInTurn(url, files) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, noDelay: true });
  try {
    for (const file of files) {
      const status = await stow(agent, `${url}/studies`, readFileSync(file));
      if (status !== 200) throw new Error(`STOW-RS: ${status}`);
    }
  } finally {
    agent.destroy();
  }
}

function stow(agent, url, file) {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, method: 'POST', headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=edge' } },
      (answer) => answer.resume().on('end', () => resolve(answer.statusCode)).on('error', reject));
    call.on('error', reject);
    call.write('--edge\r\nContent-Type: application/dicom\r\n\r\n');
    call.write(file);
    call.end('\r\n--edge--\r\n');
  });
}
