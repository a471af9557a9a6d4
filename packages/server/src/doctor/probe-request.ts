import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { lookupStore } from '../storage/store-agent.ts';

export interface ProbeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ProbeOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

const TIMEOUT_MS = 20_000;

/**
 * One request as a device sends it, over a connection of its own. Certificates are judged by a check of
 * their own; what lies behind a wrong one is to be seen nevertheless. Throws the connection's error.
 */
export function probe(url: string, options: ProbeOptions = {}): Promise<ProbeAnswer> {
  const { method = 'GET', body, headers = {} } = options;
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      url,
      {
        method,
        agent: false,
        headers: { ...headers, ...length },
        lookup: lookupStore,
        rejectUnauthorized: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (incoming) => {
        const { statusCode: status = 0, headers: answered } = incoming;
        incoming.toArray().then((pieces) => {
          resolve({ status, headers: answered, body: Buffer.concat(pieces as Buffer[]) });
        }, reject);
      },
    );
    // Not once: a connection may fail a second time while it is torn down.
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no name server knows that name',
  EAI_AGAIN: 'the name servers do not answer',
  ECONNRESET: 'the connection is broken off',
  EHOSTUNREACH: 'there is no way to that address',
  ENETUNREACH: 'there is no way to that address',
  ETIMEDOUT: 'nobody answers',
  ABORT_ERR: 'nobody answers',
  EPROTO: 'it does not speak TLS as expected',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it speaks plain HTTP, not https',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate chain is incomplete',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is signed by an authority that is not known here',
};

/** Why nobody answered, in words; without addresses, which the sentence around it names. */
export function faultText(error: unknown): string {
  for (let one = error; one instanceof Error; one = one.cause) {
    const known = 'code' in one ? FAULTS[String(one.code)] : undefined;
    if (known !== undefined) return known;
    if (one.name === 'TimeoutError') return 'nobody answers';
    if (one.cause === undefined) return one.message.replace(/\.$/, '');
  }
  return String(error);
}
