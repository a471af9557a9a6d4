import { setImmediate } from 'node:timers/promises';
import { AppError, isAppError } from '@valise/core/errors';
import { LIVE_CLOSE } from '@valise/core/wire';
import { repeat } from '../accounts/repeat.ts';
import type { App, Authenticator } from '../http/app.ts';
import { LiveConnection } from './live-connection.ts';
import { createLiveHub, type LiveHub, type LiveHubDeps } from './live-hub.ts';

/** How often sockets are looked after, in milliseconds. */
export interface CarePaces {
  /** A login that ended is noticed within this and the age of what is known of revocations. */
  readonly check: number;
  /** Between two pings. */
  readonly beat: number;
}

const PACES: CarePaces = { check: 2_000, beat: 30_000 };
/** Requests get their turn in between. */
const CHECKS_AT_ONCE = 250;
/** How often feeds are compared with what was pushed while the bus is silent, and otherwise. */
const LOOK_EVERY_MS = { disconnected: 2_000, connected: 60_000 } as const;

export interface LiveRouteDeps extends LiveHubDeps {
  readonly paces?: CarePaces;
}

export function liveRoutes(deps: LiveRouteDeps): (app: App) => void {
  return (app) => {
    const hub = createLiveHub(deps);
    const care = careFor(hub, app, deps);
    app.addHook('preClose', async () => {
      await care.end();
      await hub.close();
    });
    app.route({
      method: 'GET',
      url: '/files/changes/live',
      schema: {
        operationId: 'followChanges',
        summary: 'Changes as they happen, by WebSocket',
        description:
          'Upgrades to a WebSocket, one per device; a browser sends `valise.v1, <access token>` as `Sec-WebSocket-Protocol`. Messages are JSON text: `hello`, `changes`, `poll`. Closes with 4401 when the token or login ended, 4403 when the device was revoked, 4409 when newer sockets of the device took the place.',
        tags: ['Changes'],
      },
      config: { token: 'protocol' },
      handler: () => {
        throw new AppError('malformed-request', 'Connect to this address by WebSocket.');
      },
      wsHandler(socket, { caller, token, log }) {
        const connection = new LiveConnection(socket, caller, token);
        socket.on('message', () => connection.heard());
        socket.on('pong', () => connection.ponged());
        socket.on('close', () => hub.leave(connection));
        hub.join(connection).catch((error: unknown) => {
          log.warn({ err: error }, 'A live socket could not be served');
          connection.close(1011, 'The feed cannot be read. Come back later.');
        });
      },
    });
  };
}

/** What goes on beside the pushing: pings, logins that end, news that nobody told. */
function careFor(
  hub: LiveHub,
  app: App,
  { bus, onFault, paces = PACES }: LiveRouteDeps,
): { end(): Promise<void> } {
  let beatenAtMs = performance.now();
  let lookedAtMs = performance.now();
  return repeat({
    everyMs: paces.check,
    onError: (error) => onFault(error, 'Live sockets could not be looked after'),
    async work() {
      const nowMs = performance.now();
      const beats = nowMs - beatenAtMs >= paces.beat;
      if (beats) beatenAtMs = nowMs;
      for (const [n, connection] of [...hub.connections()].entries()) {
        if (n % CHECKS_AT_ONCE === CHECKS_AT_ONCE - 1) await setImmediate();
        if (beats) connection.beat();
        await closeIfEnded(connection, app.authenticator);
      }
      const pauseMs = LOOK_EVERY_MS[bus.isConnected() ? 'connected' : 'disconnected'];
      if (nowMs - lookedAtMs < pauseMs) return;
      lookedAtMs = nowMs;
      await hub.lookAround();
    },
  });
}

async function closeIfEnded(
  connection: LiveConnection,
  authenticator: Authenticator,
): Promise<void> {
  try {
    // Known tokens are answered without waiting.
    const caller = authenticator.authenticate(connection.token);
    if (caller instanceof Promise) await caller;
  } catch (error) {
    if (isAppError(error, 'session-ended') && error.details.end === 'logged-out') {
      connection.close(LIVE_CLOSE.loginEnded, 'This device has signed out.');
    } else if (isAppError(error, 'session-ended')) {
      connection.close(LIVE_CLOSE.deviceRevoked, 'This device was revoked.');
    } else if (isAppError(error, 'unauthenticated')) {
      connection.close(LIVE_CLOSE.loginEnded, 'The access token is over. Renew it.');
    } else throw error;
  }
}
