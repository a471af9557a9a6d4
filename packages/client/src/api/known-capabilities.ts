import { isAppError } from '@valise/core/errors';
import { Capabilities, type ContentEncoding } from '@valise/core/wire';
import type { ApiHttp, CallOptions } from './api-http.ts';

/** What a server can do changes with its configuration, which is seldom. */
const KNOWN_MS = 10 * 60_000;
const NOTHING: readonly ContentEncoding[] = [];

/** What the server can do, asked when somebody wants to know and remembered for a while. */
export interface KnownCapabilities {
  contentEncodings(options?: CallOptions): Promise<readonly ContentEncoding[]>;
  /** The failure of a call: one that shows them to be outdated has them asked anew. */
  learnFrom(error: unknown): void;
}

export function createKnownCapabilities(http: ApiHttp, now: () => number): KnownCapabilities {
  let asked: Promise<readonly ContentEncoding[]> | null = null;
  let until = 0;

  async function ask(options: CallOptions): Promise<readonly ContentEncoding[]> {
    const request = { method: 'GET', path: '/capabilities', access: 'public' } as const;
    try {
      return (await http.json(request, Capabilities, options)).body.contentEncodings;
    } catch (error) {
      // A server from before there were any.
      if (isAppError(error, 'not-found')) return NOTHING;
      asked = null;
      throw error;
    }
  }

  return {
    contentEncodings(options = {}) {
      if (asked === null || now() > until) {
        until = now() + KNOWN_MS;
        asked = ask(options);
      }
      return asked;
    },
    learnFrom(error) {
      if (isAppError(error, 'invalid-value') && error.details.field === 'contentEncoding') {
        asked = null;
      }
    },
  };
}
