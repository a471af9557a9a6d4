import type { IncomingHttpHeaders } from 'node:http';
import type { IoOptions } from './object-store.ts';

/** One call of S3's control side, before it is signed. */
export interface S3Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For calls that legitimately keep silent for long. */
  readonly idleMilliseconds?: number;
}

export interface S3Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends a call and answers what the store said, whatever its status, as long as it said it with
 * authority: 2xx and 4xx are replies. Everything transient (no connection, silence, 5xx, 429,
 * SlowDown) is a thrown `StoreFault`. Every call here may be sent twice.
 */
export interface S3Caller {
  call(request: S3Call, options?: IoOptions): Promise<S3Reply>;
  close(): void;
}

export interface StoreFaultOptions {
  readonly cause?: unknown;
  readonly retryAfter?: number | undefined;
  readonly status?: number | undefined;
}

/** The store is away or overloaded; a repeat may succeed. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
  /** Seconds the store asked us to wait. */
  readonly retryAfter: number | undefined;
  /** Of its answer; undefined when none came. */
  readonly status: number | undefined;

  constructor(message: string, options: StoreFaultOptions = {}) {
    super(message, { cause: options.cause });
    this.retryAfter = options.retryAfter;
    this.status = options.status;
  }
}
