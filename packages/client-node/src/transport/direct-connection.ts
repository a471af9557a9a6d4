import net from 'node:net';
import tls from 'node:tls';
import type { TransportRequest } from '@valise/client';
import { type AnswerHead, parseAnswerHead } from './answer-head.ts';
import { ArrivingBody } from './arriving-body.ts';

/** As much as common servers send at most, twice. */
const HEAD_BYTES = 32 * 1024;
/** An answer that isn't what was asked for (a refusal) is kept apart, up to this size. */
const ASIDE_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';

/** What came back: an answer, or the news that this connection can't read it (it is closed then). */
export type DirectResult =
  | { readonly kind: 'answer'; readonly head: AnswerHead; readonly body: ArrivingBody }
  | { readonly kind: 'unsuitable' };

/** A request as it goes over the wire; the answer's body goes to `into`. */
export interface DirectRequest extends Pick<TransportRequest, 'signal'> {
  readonly bytes: Uint8Array;
  readonly into: Uint8Array;
}

export interface ConnectionEvents {
  /** The next exchange may begin. */
  onIdle(self: DirectConnection): void;
  onClosed(self: DirectConnection): void;
}

interface Exchange {
  readonly request: DirectRequest;
  readonly onAbort: () => void;
  readonly resolve: (result: DirectResult) => void;
  readonly reject: (error: Error) => void;
  head: AnswerHead | null;
  body: ArrivingBody | null;
}

/**
 * One connection whose answers the kernel writes straight to where they are wanted. node:http reads
 * 64 KiB at a time and copies each piece twice, which costs six times the processor time.
 *
 * One exchange at a time.
 */
export class DirectConnection {
  readonly #socket: net.Socket;
  readonly #events: ConnectionEvents;
  readonly #headBytes = Buffer.allocUnsafeSlow(HEAD_BYTES);
  #headLength = 0;
  #exchange: Exchange | null = null;
  #error: Error | null = null;
  #served = 0;

  constructor(url: URL, events: ConnectionEvents) {
    this.#events = events;
    const onread: net.OnReadOpts = {
      buffer: () => this.#room(),
      callback: (count) => {
        this.#take(count);
        return true;
      },
    };
    this.#socket = open(url, onread);
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    this.#socket.on('close', () => this.#end());
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 'open';
  }

  /** It has served, was kept, and was closed at the other end before anything came of the next. */
  get wasStale(): boolean {
    return this.#served > 0 && this.#headLength === 0 && isReset(this.#error);
  }

  send(request: DirectRequest): Promise<DirectResult> {
    const { promise, resolve, reject } = Promise.withResolvers<DirectResult>();
    const onAbort = () => this.close(new Error('aborted'));
    this.#exchange = { request, resolve, reject, onAbort, head: null, body: null };
    request.signal?.addEventListener('abort', onAbort, { once: true });
    this.#socket.ref();
    this.#socket.write(request.bytes);
    return promise;
  }

  /** Calls `act` when nothing has moved for so long. */
  whenIdleFor(milliseconds: number, act: () => void): void {
    this.#socket.removeAllListeners('timeout');
    this.#socket.setTimeout(milliseconds, act);
  }

  close(error?: Error): void {
    this.#error ??= error ?? null;
    this.#socket.destroy();
  }

  /** Without work it doesn't keep the process alive. */
  unref(): void {
    this.#socket.unref();
  }

  #room(): Uint8Array {
    return this.#exchange?.body?.room ?? this.#headBytes.subarray(this.#headLength);
  }

  #take(count: number): void {
    const exchange = this.#exchange;
    // Bytes that nobody asked for: whatever this speaks, it is not trusted further.
    if (exchange === null) this.close();
    else if (exchange.body !== null) this.#advance(exchange.body, count);
    else this.#takeHead(exchange, count);
  }

  #takeHead(exchange: Exchange, count: number): void {
    this.#headLength += count;
    const bytes = this.#headBytes.subarray(0, this.#headLength);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0 && this.#headLength < HEAD_BYTES) return;
    const head = end < 0 ? null : parseAnswerHead(bytes.toString('latin1', 0, end));
    const target = head === null ? null : targetFor(head, exchange.request.into);
    const early = bytes.subarray(end + HEAD_END.length);
    if (head === null || target === null || early.length > target.length) {
      exchange.resolve({ kind: 'unsuitable' });
      this.close();
      return;
    }
    const body = new ArrivingBody(target, () => this.close());
    exchange.head = head;
    exchange.body = body;
    target.set(early);
    exchange.resolve({ kind: 'answer', head, body });
    this.#advance(body, early.length);
  }

  #advance(body: ArrivingBody, count: number): void {
    body.add(count);
    if (!body.isWhole) return;
    const keep = this.#exchange?.head?.keepAlive === true;
    this.#release();
    this.#headLength = 0;
    this.#served++;
    if (keep) this.#events.onIdle(this);
    else this.close();
  }

  #release(): Exchange | null {
    const exchange = this.#exchange;
    this.#exchange = null;
    if (exchange !== null) exchange.request.signal?.removeEventListener('abort', exchange.onAbort);
    return exchange;
  }

  #end(): void {
    this.#error ??= Object.assign(new Error('closed too early'), { code: 'ECONNRESET' });
    this.#events.onClosed(this);
    const exchange = this.#release();
    exchange?.body?.fail(this.#error);
    exchange?.reject(this.#error);
  }
}

function open(url: URL, onread: net.OnReadOpts): net.Socket {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (secure ? 443 : 80));
  if (!secure) return net.connect({ host, port, onread, noDelay: true });
  const servername = net.isIP(host) === 0 ? { servername: host } : {};
  // Known to Node, and documented, but missing in its types.
  const options: tls.ConnectionOptions & { onread: net.OnReadOpts } = { host, port, onread };
  return tls.connect({ ...options, ...servername, ALPNProtocols: ['http/1.1'] });
}

function isReset(error: Error | null): boolean {
  return (
    error !== null && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
  );
}

/** Where this answer's body goes; null where there is no place for it. */
function targetFor({ status, length }: AnswerHead, into: Uint8Array): Uint8Array | null {
  if (status === 204 || status === 304) return null;
  if (status < 300 && length <= into.length) return into.subarray(0, length);
  return length <= ASIDE_BYTES ? new Uint8Array(length) : null;
}
