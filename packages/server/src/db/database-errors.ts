import { AppError, type ErrorCode, isAppError } from '@valise/core/errors';

/** SQLSTATEs that pass by themselves: the database is away, starting, stopping or overloaded. */
const UNAVAILABLE = new Set([
  '25006', // read_only_sql_transaction: we still talk to a former primary
  '25P03', // idle_in_transaction_session_timeout
  '40001', // serialization_failure, after our own retries
  '40P01', // deadlock_detected, after our own retries
  '53200', // out_of_memory
  '53300', // too_many_connections
  '55P03', // lock_not_available
  '57014', // query_canceled by statement_timeout
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
]);

const SOCKET_FAULTS = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What pg throws without any code when a connection breaks or none is to be had. */
const PG_FAULTS =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout)/;

/**
 * Translates what pg and its sockets throw into the errors of the contract. Answers an `AppError`
 * as it is, and undefined for everything else: that is a bug and belongs to the 500s.
 */
export function asAppError(error: unknown): AppError | undefined {
  if (isAppError(error)) return error;
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  return code === undefined ? undefined : new AppError(code, undefined, adviceFor(code, error));
}

function codeOf(error: Error): ErrorCode | undefined {
  if (error instanceof AggregateError) {
    return error.errors
      .map((one) => (one instanceof Error ? codeOf(one) : undefined))
      .find(Boolean);
  }
  if (error.message.startsWith('Cannot use a pool after calling end')) return 'shutting-down';
  if (PG_FAULTS.test(error.message)) return 'database-unavailable';
  const state = sqlStateOf(error);
  if (state === undefined) return undefined;
  if (state === '53100') return 'storage-full';
  const isAway = UNAVAILABLE.has(state) || state.startsWith('08') || SOCKET_FAULTS.has(state);
  return isAway ? 'database-unavailable' : undefined;
}

function adviceFor(code: ErrorCode, cause: Error) {
  return { cause, retryAfter: code === 'storage-full' ? 30 : 1 };
}

/** The SQLSTATE or system error code that an error carries. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** A unique index refused a row; `constraint` narrows it to one index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlStateOf(error) !== '23505') return false;
  return (
    constraint === undefined ||
    (error instanceof Error && 'constraint' in error && error.constraint === constraint)
  );
}
