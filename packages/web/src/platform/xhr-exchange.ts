import { ClientError, type TransportAnswer, type TransportRequest } from '@valise/client';
import { startIdleLimit } from './idle-limit.ts';

/**
 * From here on memory is sent as a Blob: Chromium takes plain memory at some 9 MB/s and keeps copies
 * of it, a Blob of the same bytes at more than 100. Making one has its price for small files.
 */
const WORTH_A_BLOB = 256 * 1024;

/** One upload by XMLHttpRequest, which alone tells how much has gone out. Reads the answer whole. */
export function sendByXhr(request: TransportRequest): Promise<TransportAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<TransportAnswer>();
  const { signal } = request;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const xhr = new XMLHttpRequest();
  const end = (settle: () => void) => {
    idle.end();
    signal?.removeEventListener('abort', onAbort);
    settle();
  };
  const fail = (error: unknown) =>
    end(() => {
      reject(error);
      xhr.abort();
    });
  const onAbort = () => fail(signal?.reason);
  const idle = startIdleLimit(request.idleTimeoutMs, fail);
  signal?.addEventListener('abort', onAbort, { once: true });

  let seen = 0;
  xhr.upload.addEventListener('progress', ({ loaded }) => {
    idle.touch();
    request.onUploadProgress?.(loaded - seen);
    seen = loaded;
  });
  xhr.addEventListener('load', () => end(() => resolve(answerOf(xhr))));
  xhr.addEventListener('error', () =>
    fail(new ClientError('unreachable', 'There is no connection.')),
  );
  xhr.open(request.method, request.url);
  xhr.responseType = 'arraybuffer';
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    xhr.setRequestHeader(name, value);
  }
  xhr.send(bodyOf(request));
  return promise;
}

function bodyOf({ body, unread }: TransportRequest): XMLHttpRequestBodyInit | null {
  if (unread !== undefined) return unread;
  if (body === undefined) return null;
  if (typeof body === 'string') return body;
  // Never shared between threads in a browser.
  const bytes = body as Uint8Array<ArrayBuffer>;
  return bytes.length < WORTH_A_BLOB ? bytes : new Blob([bytes]);
}

function answerOf(xhr: XMLHttpRequest): TransportAnswer {
  const bytes = new Uint8Array((xhr.response as ArrayBuffer | null) ?? new ArrayBuffer(0));
  return {
    status: xhr.status,
    header: (name) => xhr.getResponseHeader(name),
    body: (async function* () {
      yield bytes;
    })(),
    bytes: async () => bytes,
  };
}
