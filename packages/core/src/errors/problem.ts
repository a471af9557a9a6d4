import { type AppError, isAppError } from './app-error.ts';
import { ERRORS, type ErrorCode } from './error-codes.ts';

/** An RFC 9457 problem document as it travels. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly requestId?: string;
  readonly [extra: string]: unknown;
}

/** Shapes an error for the wire. `type` is a URN: nobody has to serve a page for it. */
export function problemOf(error: AppError, requestId?: string): Problem {
  const row = ERRORS[error.code];
  return {
    ...error.details,
    type: `urn:valise:problem:${error.code}`,
    title: row.title,
    status: row.status,
    code: error.code,
    detail: error.message,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** What a batch puts at a failed request's place. Anything but an `AppError` is rethrown. */
export function batchFailure(error: unknown, requestId?: string): { readonly error: Problem } {
  if (isAppError(error)) return { error: problemOf(error, requestId) };
  throw error;
}
