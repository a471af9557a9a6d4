import http from 'node:http';
import https from 'node:https';
import { ClientError, type Transport, type TransportRequest } from '@valise/client';
import type { ByteRate } from './byte-rate.ts';
import { DirectExchanges, isDirect } from './direct-exchanges.ts';
import { nodeAnswer } from './node-answer.ts';
import { stalled, transportFailure } from './transport-failure.ts';
import { writeBody } from './write-body.ts';

/** Enough for all slots of a transfer and the API calls beside them. */
const MAX_SOCKETS = 64;
/** Below what common servers and proxies allow an idle connection (Node 5 s, nginx 75 s). */
const IDLE_SOCKET_MS = 4_000;
const DEFAULT_IDLE_MS = 60_000;

/** How much of the line bodies may take, each way. */
export interface TransportLimits {
  readonly up?: ByteRate;
  readonly down?: ByteRate;
}

/** node:http and node:https with kept-alive connections; what can go past them does. */
export function nodeTransport(limits: TransportLimits = {}): Transport {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_SOCKET_MS } as const;
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  const direct = new DirectExchanges({
    idleSocketMs: IDLE_SOCKET_MS,
    idleTimeoutMs: DEFAULT_IDLE_MS,
  });
  return {
    async send(request) {
      const answer = (await maySkip(request, limits)) ? await direct.send(request) : null;
      return answer ?? exchange(request, { agents, limits });
    },
    async close() {
      direct.close();
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

/** Past node:http a body goes at once: a small one when its time has come, an answer never. */
async function maySkip(request: TransportRequest, { up, down }: TransportLimits): Promise<boolean> {
  if (!isDirect(request)) return false;
  if (request.method === 'GET') return down === undefined;
  await up?.pass(request.body?.length ?? 0);
  return true;
}

interface Agents {
  readonly 'http:': http.Agent;
  readonly 'https:': https.Agent;
}

function exchange(
  request: TransportRequest,
  { agents, limits }: { readonly agents: Agents; readonly limits: TransportLimits },
) {
  const { signal, idleTimeoutMs = DEFAULT_IDLE_MS } = request;
  const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof nodeAnswer>>();
  if (signal?.aborted) {
    reject(signal.reason);
    return promise;
  }
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body;
  const outgoing = open(request, body, agents);
  let answered: http.IncomingMessage | null = null;
  // Once the answer has begun, only ending it itself tells whoever reads its body why.
  const end = (error: Error) => (answered ?? outgoing).destroy(error);
  const onAbort = () => end(new Error('aborted'));
  signal?.addEventListener('abort', onAbort, { once: true });
  outgoing.once('close', () => signal?.removeEventListener('abort', onAbort));
  // Counts while nothing moves on the socket, in either direction, the answer's body included.
  outgoing.setTimeout(idleTimeoutMs, () => {
    end(stalled(request));
  });
  outgoing.once('response', (incoming) => {
    answered = incoming;
    resolve(
      nodeAnswer(incoming, {
        failure: (error) => transportFailure(error, request),
        rate: limits.down,
        decode: request.decode,
      }),
    );
  });
  // Stays on: an error may follow the answer, and the answer's body reports it as well.
  outgoing.on('error', (error) => reject(transportFailure(error, request)));
  writeBody(outgoing, body, request.onUploadProgress, limits.up);
  return promise;
}

function open(
  request: TransportRequest,
  body: Uint8Array | undefined,
  agents: Agents,
): http.ClientRequest {
  const url = new URL(request.url);
  const headers: Record<string, string | number> = { ...request.headers };
  if (request.decode) headers['accept-encoding'] = 'gzip';
  if (body !== undefined) headers['content-length'] = body.length;
  else if (request.method !== 'GET') headers['content-length'] = 0;
  const options = { method: request.method, headers };
  if (url.protocol === 'https:') {
    return https.request(url, { ...options, agent: agents['https:'] });
  }
  if (url.protocol === 'http:') return http.request(url, { ...options, agent: agents['http:'] });
  throw new ClientError('unreachable', `${url.protocol}// is not spoken here.`);
}
