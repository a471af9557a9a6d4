import { ChangesAnswer } from '@valise/core/wire';
import type { ApiHttp, CallOptions } from './api-http.ts';

/** The change feed, by polling; `keepLive` and `followChanges` add the push. */
export interface ChangesApi {
  /**
   * What changed since the cursor (or an RFC 3339 time); without one, everything the caller can
   * see. Ask on with the new cursor, at once while `hasMore`. Throws `cursor-expired` (list afresh;
   * what is absent was deleted), `feed-reset` (list afresh; absence proves nothing), `bad-cursor`.
   */
  page(
    request?: { readonly since?: string | undefined; readonly limit?: number | undefined },
    options?: CallOptions,
  ): Promise<ChangesAnswer>;
}

export function createChangesApi(http: ApiHttp): ChangesApi {
  return {
    async page(request = {}, options) {
      const query = { since: request.since, limit: request.limit };
      const call = { method: 'GET', path: '/files/changes', query } as const;
      return (await http.json(call, ChangesAnswer, options)).body;
    },
  };
}
