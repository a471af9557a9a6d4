import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface CertificateOptions {
  readonly days?: number;
  /** As certificates name it, e.g. `DNS:cdn.example.org`. */
  readonly name?: string;
}

/** A self-signed certificate in that folder, as the variables that a server takes it by. */
export async function makeCertificate(
  folder: string,
  { days = 30, name = 'IP:127.0.0.1' }: CertificateOptions = {},
): Promise<{ readonly VALISE_TLS_CERT: string; readonly VALISE_TLS_KEY: string }> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=valise', '-addext', `subjectAltName=${name}`];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const life = ['-days', String(days)];
  await run('openssl', ['req', ...kind, ...life, ...subject, '-keyout', key, '-out', cert]);
  return { VALISE_TLS_CERT: cert, VALISE_TLS_KEY: key };
}
