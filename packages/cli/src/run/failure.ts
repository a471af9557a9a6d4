import { type ClientErrorCode, isClientError } from '@valise/client/errors';
import { type ErrorCode, isAppError } from '@valise/core/errors';
import { CliError } from './cli-error.ts';
import { type CliErrorCode, type ExitCode, exitCodeOf } from './exit-codes.ts';

/** Any failure in the shape in which it is shown. */
export interface Failure {
  readonly code: ErrorCode | ClientErrorCode | CliErrorCode;
  /** A sentence that says what to do. */
  readonly detail: string;
  readonly exit: ExitCode;
}

/**
 * Shapes what was thrown. Anything that nobody expected is `unexpected`; only then is a stack of
 * use, and `--json` or not, it stays out of the message.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError || isAppError(error) || isClientError(error)) {
    return { code: error.code, detail: adviceOf(error), exit: exitCodeOf(error.code) };
  }
  if (isSystemError(error)) {
    return { code: 'local-file', detail: systemAdvice(error), exit: exitCodeOf('local-file') };
  }
  const detail = error instanceof Error ? error.message : String(error);
  return { code: 'unexpected', detail, exit: exitCodeOf('unexpected') };
}

function adviceOf(error: { readonly code: string; readonly message: string }): string {
  switch (error.code) {
    case 'unauthenticated':
    case 'session-ended':
      return 'This login has ended or its device was revoked. Run: valise login';
    case 'content-changed':
      return `${sentence(error.message)} Try again when nothing writes to it.`;
    case 'unreachable':
    case 'stalled':
      return `${sentence(error.message)} Repeating the command goes on where it stopped.`;
    case 'storage-full':
      return 'The server’s storage is full. When it has space again, repeat the command: it goes on.';
    default:
      return error.message;
  }
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file or folder here',
  EACCES: 'You may not read or write this here',
  EPERM: 'You may not read or write this here',
  ENOSPC: 'No space is left on this disk: free some and repeat the command, which goes on',
  EDQUOT: 'Your quota of this disk is used up: free some and repeat the command, which goes on',
  EROFS: 'This disk is read-only',
  EISDIR: 'This is a folder',
  ENOTDIR: 'A part of this path is not a folder',
  ENAMETOOLONG: 'This name is too long for this disk',
  EMFILE: 'Too many files are open: raise `ulimit -n`',
};

function systemAdvice(error: NodeJS.ErrnoException): string {
  const advice = ADVICE[error.code ?? ''];
  if (advice === undefined) return error.message;
  return error.path === undefined ? `${advice}.` : `${advice}: ${error.path}`;
}

/** What makes it senseless to go on with the other files. A defect of ours does, too. */
const CONCERNS_ALL: ReadonlySet<string> = new Set([
  'unauthenticated',
  'session-ended',
  'unreachable',
  'stalled',
  'storage-full',
  'store-unencrypted',
  'interrupted',
  'unexpected',
]);

export function concernsAll(error: unknown): boolean {
  return CONCERNS_ALL.has(failureOf(error).code);
}
