import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type HandlerDeps, handleRequest } from './handle-request.ts';
import type { Pace } from './pace.ts';

/** Like nginx: clients reuse connections for many small objects. */
const KEEP_ALIVE_MS = 75_000;
/** How often headers and idle connections are looked at: never rarer than they time out. */
const LOOK_MS = 5_000;
/** A 1,024-byte key percent-encoded thrice over, a long query and headers. */
const MAX_HEADER_BYTES = 32 * 1024;
const SHUTDOWN_MS = 10_000;

export interface ListeningServer {
  readonly port: number;
  /** Stops accepting, lets running requests end for at most ten seconds. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null;
}

export async function listen(deps: HandlerDeps, options: ListenOptions): Promise<ListeningServer> {
  const server = await create(options, deps.pace);
  // A request may outlast its connection: it still cleans up what it began.
  const running = new Set<Promise<void>>();
  const handle =
    (expectsContinue: boolean) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      const answering = handleRequest(deps, { request, response, expectsContinue });
      running.add(answering);
      void answering.finally(() => running.delete(answering));
    };
  server.on('request', handle(false));
  server.on('checkContinue', handle(true));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return { port: (server.address() as AddressInfo).port, close: () => close(server, running) };
}

async function create({ tls }: ListenOptions, pace: Pace): Promise<Server> {
  const settings = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: pace.headersMs,
    // A large body over a slow line may take hours; idleness is what ends a request.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(LOOK_MS, pace.headersMs),
    maxHeaderSize: MAX_HEADER_BYTES,
    noDelay: true,
  };
  const server = tls
    ? createTlsServer({
        ...settings,
        cert: await readFile(tls.certPath),
        key: await readFile(tls.keyPath),
      })
    : createServer(settings);
  server.timeout = pace.idleMs;
  return server;
}

async function close(server: Server, running: ReadonlySet<Promise<void>>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), SHUTDOWN_MS);
  await closed;
  clearTimeout(timer);
  await Promise.all(running);
}
