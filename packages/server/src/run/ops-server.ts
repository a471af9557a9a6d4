import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Examination } from '../doctor/examine.ts';
import type { DoctorOptions } from '../doctor/patient.ts';
import { listenOn } from './listen-on.ts';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface OpsServerOptions {
  readonly port: number;
  readonly metrics: Metrics;
  readonly readiness: () => Promise<Readiness>;
  /** What `valise doctor` finds. */
  readonly doctor: (options: DoctorOptions) => Promise<Examination>;
}

export interface OpsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Without any login, therefore on this machine only. */
export const OPS_HOST = '127.0.0.1';

/**
 * `/readyz`, `/metrics` and `POST /doctor[?fix=true]`, apart from the API so that nobody outside
 * reaches them.
 */
export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
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

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: OpsServerOptions,
) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://ops');
  switch (pathname) {
    case '/readyz': {
      const readiness = await options.readiness();
      return send(response, readiness.ready ? 200 : 503, JSON.stringify(readiness));
    }
    case '/metrics': {
      const { contentType, text } = await options.metrics.render();
      return send(response, 200, text, contentType);
    }
    case '/doctor': {
      if (request.method !== 'POST') return send(response, 405, '{"method":"POST"}');
      // It writes: a page in a browser of this machine is nobody who may ask for that.
      if (request.headers.origin !== undefined) return send(response, 403, '{"origin":"refused"}');
      const found = await options.doctor({ fix: searchParams.get('fix') === 'true' });
      return send(response, 200, JSON.stringify(found));
    }
    default:
      return send(response, 404, JSON.stringify({ paths: ['/readyz', '/metrics', '/doctor'] }));
  }
}

function send(response: ServerResponse, status: number, body: string, type = 'application/json') {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}
