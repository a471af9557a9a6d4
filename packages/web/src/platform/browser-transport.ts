import type { Transport } from '@valise/client';
import { sendByFetch } from './fetch-exchange.ts';
import { sendByXhr } from './xhr-exchange.ts';

/**
 * HTTP in a browser. `fetch` streams what comes down but says nothing of what goes up, so an upload
 * whose progress is wanted goes by XMLHttpRequest.
 */
export function browserTransport(): Transport {
  return {
    send: (request) =>
      request.onUploadProgress === undefined ? sendByFetch(request) : sendByXhr(request),
    close: async () => {},
  };
}
