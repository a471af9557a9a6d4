import type { Transport, TransportAnswer, TransportRequest } from '../ports.ts';

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | object;
  /** Thrown after half of the body was given. */
  readonly breaksWith?: Error;
}

export type FakeHandler = (request: TransportRequest) => FakeAnswer | Promise<FakeAnswer>;

export interface FakeTransport extends Transport {
  /** `METHOD path` of everything sent, without the query. */
  readonly log: string[];
  /**
   * Asked before the handler: an answer replaces it, an error is the connection's. Stays until it
   * is replaced.
   */
  intercept: (request: TransportRequest) => FakeAnswer | null | Promise<FakeAnswer | null>;
}

/** A network with one server behind it. */
export function fakeTransport(handler: FakeHandler): FakeTransport {
  const transport: FakeTransport = {
    log: [],
    intercept: () => null,
    async send(sent) {
      const request = await withBody(sent);
      request.signal?.throwIfAborted();
      transport.log.push(`${request.method} ${new URL(request.url).pathname}`);
      const answer = (await transport.intercept(request)) ?? (await handler(request));
      request.signal?.throwIfAborted();
      if (answer.status < 300 && request.body !== undefined) {
        request.onUploadProgress?.(request.body.length);
      }
      return fakeAnswer(answer);
    },
    async close() {},
  };
  return transport;
}

/** As real ones do: reads by itself what it was only shown. */
async function withBody({ unread, ...request }: TransportRequest): Promise<TransportRequest> {
  if (unread === undefined) return request;
  return { ...request, body: new Uint8Array(await unread.arrayBuffer()) };
}

function fakeAnswer({ status, headers = {}, body, breaksWith }: FakeAnswer): TransportAnswer {
  const bytes =
    body instanceof Uint8Array
      ? body
      : new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body));
  async function* pieces() {
    const half = Math.ceil(bytes.length / 2);
    yield bytes.subarray(0, half);
    if (breaksWith !== undefined) throw breaksWith;
    yield bytes.subarray(half);
  }
  const stream = pieces();
  return {
    status,
    header: (name) => headers[name] ?? null,
    body: stream,
    async bytes() {
      const parts: Uint8Array[] = [];
      for await (const piece of stream) parts.push(piece);
      return Buffer.concat(parts);
    },
  };
}
