import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenOn } from './listen-on.ts';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface OpsServerOptions {
  readonly port: number;
  readonly metrics: Metrics;
  readonly readiness: () => Promise<Readiness>;
}

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Without any login, therefore on this machine only. */
export const OPS_HOST = '127.0.0.1';

/** `/readyz` and `/metrics`, apart from the API so that nobody outside reaches them. */
export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const server = createServer((request, response) => {
    answer(request.url ?? '/', response, options).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await listenOn(server, { host: OPS_HOST, port: options.port, variable: 'VALISE_OPS_PORT' });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(url: string, response: ServerResponse, options: OpsServerOptions) {
  switch (url.split('?', 1)[0]) {
    case '/readyz': {
      const readiness = await options.readiness();
      return send(response, readiness.ready ? 200 : 503, JSON.stringify(readiness));
    }
    case '/metrics': {
      const { contentType, text } = await options.metrics.render();
      return send(response, 200, text, contentType);
    }
    default:
      return send(response, 404, JSON.stringify({ paths: ['/readyz', '/metrics'] }));
  }
}

function send(response: ServerResponse, status: number, body: string, type = 'application/json') {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}
