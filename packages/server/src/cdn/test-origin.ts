import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';

/** What an origin does wrong, with every answer while it is set. */
export type OriginFault =
  /** Breaks the connection after so many bytes of the body. */
  | { readonly kind: 'dies'; readonly after: number }
  /** The same, but its first so many answers are right. */
  | { readonly kind: 'dies later'; readonly answers: number; readonly after: number }
  /** Announces more bytes than it sends. */
  | { readonly kind: 'promises'; readonly more: number }
  /** Serves other bytes than it was asked for, and says so. */
  | { readonly kind: 'shifts' }
  | { readonly kind: 'answers'; readonly status: number };

export interface TestOrigin {
  readonly url: string;
  /** Requests so far. */
  requests: number;
  fault: OriginFault | null;
  close(): Promise<void>;
}

/** Stands before a real store, counts, and can be told to fail. Signatures over the host hold. */
export async function startTestOrigin(store: string): Promise<TestOrigin> {
  const faultNow = (): OriginFault | null => {
    const { fault } = origin;
    if (fault?.kind !== 'dies later') return fault;
    const { answers, after } = fault;
    if (answers === 0) return { kind: 'dies', after };
    origin.fault = { ...fault, answers: answers - 1 };
    return null;
  };
  const server = createServer((incoming, outgoing) => {
    origin.requests += 1;
    forward(incoming, outgoing, { store, fault: faultNow() });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const origin: TestOrigin = {
    url: `http://127.0.0.1:${bound.port}`,
    requests: 0,
    fault: null,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return origin;
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { store, fault }: { readonly store: string; readonly fault: OriginFault | null },
): void {
  if (fault?.kind === 'answers') {
    outgoing.writeHead(fault.status).end();
    return;
  }
  const options = { method: incoming.method ?? 'GET', headers: incoming.headers };
  const asked = httpRequest(`${store}${incoming.url}`, options, (answer) => {
    const headers = { ...answer.headers };
    if (fault?.kind === 'promises') {
      headers['content-length'] = String(Number(headers['content-length']) + fault.more);
    }
    if (fault?.kind === 'shifts') {
      headers['content-range'] = headers['content-range']?.replace(/ \d+-/, ' 7-');
    }
    outgoing.writeHead(answer.statusCode ?? 502, headers);
    let left = fault?.kind === 'dies' ? fault.after : Infinity;
    answer.on('data', (piece: Buffer) => {
      outgoing.write(piece.subarray(0, left), () => {
        if (left <= 0) outgoing.destroy();
      });
      left -= piece.length;
    });
    answer.on('end', () => (fault?.kind === 'promises' ? outgoing.destroy() : outgoing.end()));
  });
  incoming.pipe(asked);
}
