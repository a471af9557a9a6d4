import { ERRORS, type ErrorCode } from './error-codes.ts';

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** Extra members of the problem document, e.g. `{ missing: [3, 7] }` or `{ field: 'name' }`. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Seconds after which a repeat makes sense; becomes `Retry-After`. */
  readonly retryAfter?: number;
}

/**
 * The one exception for expected failures. `message` is the problem's `detail`: a sentence that
 * says what to do next and carries no secret.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | undefined;

  constructor(code: ErrorCode, detail?: string, options: AppErrorOptions = {}) {
    super(detail ?? ERRORS[code].title, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}

export function isAppError(value: unknown, code?: ErrorCode): value is AppError {
  return value instanceof AppError && (code === undefined || value.code === code);
}
