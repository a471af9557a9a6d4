import { resolve } from 'node:path';
import type { EventTarget } from '../events/event-sender.ts';

export interface Settings {
  /** The store's own folder, `<VALISE_DATA>/objects`. */
  readonly folder: string;
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null;
  /** How clients reach the store, when that isn't where it listens. Without a trailing slash. */
  readonly publicUrl: string | null;
  /** Where whoever started us looks for our pid. */
  readonly pidFile: string | null;
  /** Whom to tell what happens to objects. */
  readonly events: EventTarget | null;
}

export class SettingsError extends Error {}

/** Reads the environment; throws SettingsError with every fault listed. */
export function readSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const faults: string[] = [];
  const value = (name: string): string | undefined => env[name] || undefined;
  const port = Number(value('VALISE_OBJECTS_PORT') ?? '8421');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    faults.push('VALISE_OBJECTS_PORT must be a port number (0 to 65535)');
  }
  const certPath = value('VALISE_TLS_CERT');
  const keyPath = value('VALISE_TLS_KEY');
  if ((certPath === undefined) !== (keyPath === undefined)) {
    faults.push('VALISE_TLS_CERT and VALISE_TLS_KEY must be given together');
  }
  const publicUrl = value('VALISE_OBJECTS_URL');
  if (publicUrl !== undefined && !/^https?:\/\/[^/?#]+\/?$/.test(publicUrl)) {
    faults.push('VALISE_OBJECTS_URL must be an http(s) URL without a path');
  }
  const eventsUrl = value('VALISE_EVENTS_URL');
  if (eventsUrl !== undefined && !/^https?:\/\/[^/?#]+/.test(eventsUrl)) {
    faults.push('VALISE_EVENTS_URL must be an http(s) URL');
  }
  const secret = value('VALISE_EVENTS_SECRET') ?? null;
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return Object.freeze({
    folder: resolve(value('VALISE_DATA') ?? './data', 'objects'),
    host: value('VALISE_HOST') ?? '127.0.0.1',
    port,
    tls: certPath && keyPath ? { certPath, keyPath } : null,
    publicUrl: publicUrl?.replace(/\/$/, '') ?? null,
    pidFile: value('VALISE_OBJECTS_PID_FILE') ?? null,
    events: eventsUrl === undefined ? null : { url: eventsUrl, secret },
  });
}
