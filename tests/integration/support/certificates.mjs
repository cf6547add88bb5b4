// An authority and what it signs, made by openssl for one test.
import { join } from 'node:path';
import { run, temporaryFolder } from './processes.mjs';

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/// {certificate, issue(name, options), folder}: PEM files. `issue` gives {cert, key} for this machine or `names`; with
/// `days` below 0 it has expired.
export async function authority(name) {
  const folder = temporaryFolder('certificates');
  const [own, ownKey] = [join(folder, 'authority.pem'), join(folder, 'authority.key')];
  await run('openssl', ['req', '-x509', ...key, '-subj', `/CN=${name}`, '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', ownKey, '-out', own]);
  const issue = async (of, { names = 'DNS:localhost,IP:127.0.0.1', days = 2 } = {}) => {
    const [request, cert, certKey] = ['csr', 'pem', 'key'].map((kind) => join(folder, `${of}.${kind}`));
    await run('openssl', ['req', '-new', ...key, '-subj', `/CN=${of}`, '-addext', `subjectAltName=${names}`, '-keyout', certKey, '-out', request]);
    await run('openssl', ['x509', '-req', '-in', request, '-CA', own, '-CAkey', ownKey, '-days', `${days}`, '-copy_extensions', 'copy', '-out', cert]);
    return { cert, key: certKey };
  };
  return { certificate: own, issue, folder };
}
