import { ClientError, type TransportAnswer, type TransportRequest } from '@valise/client';
import { type IdleLimit, startIdleLimit } from './idle-limit.ts';

/** One exchange by `fetch`; see `Transport` for what it promises. */
export async function sendByFetch(request: TransportRequest): Promise<TransportAnswer> {
  const stop = new AbortController();
  const idle = startIdleLimit(request.idleTimeoutMs, (error) => stop.abort(error));
  const signals = request.signal === undefined ? [stop.signal] : [stop.signal, request.signal];
  const signal = AbortSignal.any(signals);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers },
      ...(request.body === undefined ? {} : { body: request.body as BodyInit }),
      ...(request.withCookies === true ? { credentials: 'include' } : {}),
      signal,
      cache: 'no-store',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
    });
    idle.touch();
    return answerOf(response, { signal, idle });
  } catch (error) {
    idle.end();
    throw failure(error, signal);
  }
}

interface Exchange {
  readonly signal: AbortSignal;
  readonly idle: IdleLimit;
}

function answerOf(response: Response, exchange: Exchange): TransportAnswer {
  const body = pieces(response, exchange);
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    body: { [Symbol.asyncIterator]: () => body },
    async bytes() {
      const parts: Uint8Array[] = [];
      for await (const part of body) parts.push(part);
      if (parts.length === 1 && parts[0] !== undefined) return parts[0];
      return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
    },
  };
}

async function* pieces(
  response: Response,
  { signal, idle }: Exchange,
): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) return;
      idle.touch();
      yield value;
    }
  } catch (error) {
    throw failure(error, signal);
  } finally {
    idle.end();
    // Frees the connection of a body that wasn't wanted to its end.
    await reader?.cancel().catch(() => undefined);
  }
}

function failure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return new ClientError('unreachable', 'There is no connection.', { cause: error });
}
