import { AppError, isAppError } from '@valise/core/errors';
import { LIVE_CLOSE, LIVE_PROTOCOL, LiveMessage } from '@valise/core/wire';
import { Check } from 'typebox/value';
import type { ApiClient } from '../api/api-client.ts';
import { isTransient } from '../errors/client-error.ts';
import type { Ambient } from '../ports.ts';
import { platformWebSocket, type WebSocketMaker } from './web-socket.ts';

export interface KeepLiveOptions {
  /** Ends it: the socket is closed and the promise resolves. */
  readonly signal: AbortSignal;
  readonly onMessage: (message: LiveMessage) => void;
  /** While down, changes are known by polling alone. */
  readonly onState?: (state: 'up' | 'down') => void;
  readonly ambient: Pick<Ambient, 'random' | 'sleep'>;
  /** Default: the platform's WebSocket. */
  readonly webSocket?: WebSocketMaker;
}

/** The first pause before a new attempt is at most this, each further one at most twice the last. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** This login has more sockets than the server keeps: ours lost its place to a newer one. */
const REPLACED_PAUSE_MS = 60_000;

/**
 * Keeps one live socket to the server, for as long as it takes: broken ones are replaced with
 * growing pauses, an ended token is renewed. Pushes may be lost, doubled or late: they only tell
 * that, and often what, something changed. Rejects with `session-ended` or `unauthenticated` when
 * the login is over.
 */
export async function keepLive(api: ApiClient, options: KeepLiveOptions): Promise<void> {
  const { signal, ambient } = options;
  let failures = 0;
  while (!signal.aborted) {
    const ended = await oneSocket(api, options);
    if (signal.aborted) return;
    if (ended.wasUp) failures = 0;
    if (ended.code === LIVE_CLOSE.deviceRevoked) {
      throw new AppError('session-ended', 'This login has ended. Log in again.');
    }
    // A refused handshake tells a script nothing: an ordinary call renews the token, or says no.
    if (ended.code === LIVE_CLOSE.loginEnded || !ended.wasUp) await checkLogin(api, signal);
    if (ended.code === LIVE_CLOSE.loginEnded) continue;
    const ceiling = Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS);
    const pause = ended.code === LIVE_CLOSE.replaced ? REPLACED_PAUSE_MS : ceiling;
    await ambient.sleep(pause * (0.5 + ambient.random() / 2), signal).catch(() => undefined);
  }
}

interface EndedSocket {
  readonly code: number;
  /** It had been opened, and told where the feed stands. */
  readonly wasUp: boolean;
}

async function oneSocket(api: ApiClient, options: KeepLiveOptions): Promise<EndedSocket> {
  const { signal, onMessage, onState, webSocket = platformWebSocket } = options;
  const token = await liveToken(api, signal);
  if (token === null) return { code: 0, wasUp: false };
  const url = `${api.server.replace(/^http/, 'ws')}/files/changes/live`;
  return new Promise((resolve) => {
    const socket = webSocket(url, [LIVE_PROTOCOL, token]);
    let wasUp = false;
    const end = (code: number) => {
      signal.removeEventListener('abort', abort);
      socket.onmessage = null;
      socket.onclose = null;
      if (wasUp) onState?.('down');
      resolve({ code, wasUp });
    };
    const abort = () => {
      end(1000);
      socket.close(1000);
    };
    socket.onclose = ({ code }) => end(code);
    // What went wrong is told by the close that follows.
    socket.onerror = () => undefined;
    socket.onmessage = ({ data }) => {
      const message = parseMessage(data);
      if (message === null) return;
      if (message.type === 'hello' && !wasUp) {
        wasUp = true;
        onState?.('up');
      }
      onMessage(message);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
}

/** Null while the server can't be reached to renew one. */
async function liveToken(api: ApiClient, signal: AbortSignal): Promise<string | null> {
  try {
    return await api.accessToken();
  } catch (error) {
    if (signal.aborted || isTransient(error)) return null;
    throw error;
  }
}

async function checkLogin(api: ApiClient, signal: AbortSignal): Promise<void> {
  try {
    await api.accounts.me({ signal });
  } catch (error) {
    if (signal.aborted || isTransient(error) || !isAppError(error)) return;
    throw error;
  }
}

function parseMessage(data: unknown): LiveMessage | null {
  if (typeof data !== 'string') return null;
  try {
    const message: unknown = JSON.parse(data);
    return Check(LiveMessage, message) ? message : null;
  } catch {
    // Not from a server that speaks this protocol; polling goes on.
    return null;
  }
}
