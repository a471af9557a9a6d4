import type { App } from './app.ts';

/** What the metrics learn of an answered request. */
export interface RequestObservation {
  readonly method: string;
  /** The pattern (`/files/:id`), never the address itself. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export type ObserveRequest = (observation: RequestObservation) => void;

/**
 * One line per answered request. Patterns instead of addresses, ids instead of headers and bodies:
 * no token, password, file name or presigned URL can get into a log this way.
 */
export function addRequestLog(app: App, observe: ObserveRequest | undefined): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? '(none)';
    const { statusCode: status, elapsedTime: ms } = reply;
    observe?.({ method: request.method, route, status, seconds: ms / 1000 });
    const user = request.caller === undefined ? {} : { userId: request.caller.userId };
    request.log.info(
      { method: request.method, route, status, ms: Math.round(ms * 10) / 10, ...user },
      'request',
    );
    done();
  });
}
