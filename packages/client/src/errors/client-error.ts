import { ERRORS, type ErrorCode, isAppError, type Remedy } from '@valise/core/errors';

/**
 * What can go wrong on this side of the wire. What the server refuses comes as `AppError` with its
 * own code; the two sets of codes do not overlap.
 */
export const CLIENT_ERRORS = {
  unreachable: { title: 'The server cannot be reached', remedy: 'retry' },
  stalled: { title: 'The connection stood still', remedy: 'retry' },
  'broken-answer': { title: 'The answer makes no sense', remedy: 'give-up' },
  'store-busy': { title: 'The object store is busy', remedy: 'retry' },
  'store-refused': { title: 'The object store refused', remedy: 'give-up' },
  'content-changed': { title: 'The file changed meanwhile', remedy: 'give-up' },
  'content-corrupt': { title: 'The bytes are not the right ones', remedy: 'give-up' },
  'local-file': { title: 'A local file cannot be used', remedy: 'give-up' },
  'thread-died': { title: 'A background thread of this program died', remedy: 'give-up' },
  cancelled: { title: 'Cancelled', remedy: 'give-up' },
} as const satisfies Record<string, { readonly title: string; readonly remedy: Remedy }>;

export type ClientErrorCode = keyof typeof CLIENT_ERRORS;

export interface ClientErrorOptions {
  readonly cause?: unknown;
  /** Seconds after which a repeat makes sense. */
  readonly retryAfter?: number | undefined;
}

export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  readonly retryAfter: number | undefined;

  constructor(code: ClientErrorCode, detail?: string, options: ClientErrorOptions = {}) {
    super(
      detail ?? CLIENT_ERRORS[code].title,
      'cause' in options ? { cause: options.cause } : undefined,
    );
    this.code = code;
    this.retryAfter = options.retryAfter;
  }
}

export function isClientError(value: unknown, code?: ClientErrorCode): value is ClientError {
  return value instanceof ClientError && (code === undefined || value.code === code);
}

/** The code of any expected failure; null for everything else (a defect, or an abort). */
export function failureCode(error: unknown): ErrorCode | ClientErrorCode | null {
  return isAppError(error) || isClientError(error) ? error.code : null;
}

export function isTransient(error: unknown): boolean {
  if (isAppError(error)) return ERRORS[error.code].remedy === 'retry';
  return isClientError(error) && CLIENT_ERRORS[error.code].remedy === 'retry';
}

const ENDS_ALL = new Set([
  'unauthenticated',
  'session-ended',
  'unreachable',
  'stalled',
  'storage-full',
]);

/** Whether a failure of one file among many would befall all the others as well. */
export function concernsAll(error: unknown): boolean {
  const code = failureCode(error);
  return code === null || ENDS_ALL.has(code);
}
