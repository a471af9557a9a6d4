import { connect, type PeerCertificate } from 'node:tls';
import { type Finding, type Findings, failed, ok, warning } from './finding.ts';
import type { Patient } from './patient.ts';
import { faultText } from './probe-request.ts';

const TIMEOUT_MS = 10_000;
const SOON_DAYS = 14;

interface Place {
  readonly check: string;
  readonly what: string;
  readonly url: string;
  /** How it gets a certificate that devices accept. */
  readonly mend: string;
}

/** Every address that devices use: encrypted, by a certificate that they accept, for a while yet. */
export async function* tlsChecks(patient: Patient): Findings {
  for (const place of placesOf(patient)) {
    yield new URL(place.url).protocol === 'https:'
      ? await checkCertificate(place)
      : checkPlain(place, patient);
  }
}

function placesOf({ url, store, isStoreEmbedded, cdn }: Patient): readonly Place[] {
  const own =
    'Set VALISE_TLS_CERT and VALISE_TLS_KEY to a certificate for that name (chain included), or renew the one of the proxy before it.';
  return [
    { check: 'api.tls', what: 'The API', url, mend: own },
    ...(store === null
      ? []
      : [
          {
            check: 'store.tls',
            what: 'The object store',
            url: store.publicEndpoint,
            mend: isStoreEmbedded
              ? own
              : 'Give the store a certificate for that name, and set S3_PUBLIC_ENDPOINT to its https address.',
          },
        ]),
    ...(cdn.driver === 'store'
      ? []
      : [
          {
            check: 'cdn.tls',
            what: 'The CDN',
            url: cdn.url,
            mend:
              cdn.driver === 'edge'
                ? 'Set VALISE_TLS_CERT and VALISE_TLS_KEY at the edge, and CDN_URL to its https address.'
                : 'Set CDN_URL to an https address that the distribution has a certificate for.',
          },
        ]),
  ];
}

function checkPlain({ check, what, url, mend }: Place, patient: Patient): Finding {
  const { hostname, host } = new URL(url);
  const isMixed = patient.url.startsWith('https:');
  if (isMixed) {
    return failed(
      check,
      `${what} at ${url} is plain HTTP: pages of ${patient.url} may not use it.`,
      mend,
    );
  }
  if (isLoopback(hostname))
    return ok(check, `${what} at ${host} is plain HTTP, for this machine only.`);
  const says = `${what} at ${url} is plain HTTP: whoever is on the way reads passwords and files.`;
  return failed(check, says, mend);
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

interface Presented {
  readonly certificate: PeerCertificate;
  readonly fault: unknown;
}

async function checkCertificate({ check, what, url, mend }: Place): Promise<Finding> {
  const { host } = new URL(url);
  let presented: Presented;
  try {
    presented = await handshake(url);
  } catch (error) {
    return failed(
      check,
      `${what} at ${host} can't be reached by https: ${faultText(error)}.`,
      mend,
    );
  }
  const { certificate, fault } = presented;
  if (fault !== null) {
    const trust =
      'or, where the authority is your own, give devices NODE_EXTRA_CA_CERTS=/path/to/ca.pem and browsers that authority.';
    return failed(
      check,
      `Devices refuse ${what.replace('The', 'the')} at ${host}: ${faultText(fault)}.`,
      `${mend} ${trust}`,
    );
  }
  const days = Math.floor((Date.parse(certificate.valid_to) - Date.now()) / 86_400_000);
  if (days < SOON_DAYS) {
    return warning(
      check,
      `The certificate of ${host} expires in ${days} days.`,
      `Renew it. ${mend}`,
    );
  }
  return ok(check, `The certificate of ${host} is accepted, and is for ${days} days yet.`);
}

/** Completes with a wrong certificate, too, and says what is wrong with it. */
function handshake(url: string): Promise<Presented> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: port === '' ? 443 : Number(port),
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('nobody answers')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate();
      const fault = socket.authorized
        ? null
        : Object.assign(new Error(String(socket.authorizationError)), {
            code: codeOf(socket.authorizationError),
          });
      socket.destroy();
      resolve({ certificate, fault });
    });
  });
}

/** Node gives a code, or an error with one, and declares an error. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
