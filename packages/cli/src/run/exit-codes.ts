import type { ClientErrorCode } from '@valise/client';
import type { ErrorCode } from '@valise/core/errors';

/** The documented exit codes; scripts rely on them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notLoggedIn: 3,
  partlyDone: 4,
  /** Somebody has to decide something first. */
  held: 5,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What can go wrong here, besides what the server refuses and what a transfer meets. */
export type CliErrorCode =
  | 'usage'
  | 'not-logged-in'
  | 'unsupported-kind'
  | 'local-name'
  | 'partly-done'
  | 'interrupted'
  | 'held'
  | 'root-missing'
  | 'agent-running'
  | 'no-agent'
  | 'refused'
  | 'server-away'
  | 'unexpected';

/** Error code → exit code: the only place that decides, and total. */
const EXIT_CODES: Readonly<Record<ErrorCode | ClientErrorCode | CliErrorCode, ExitCode>> = {
  usage: EXIT.usage,
  'not-logged-in': EXIT.notLoggedIn,
  'unsupported-kind': EXIT.failed,
  'local-name': EXIT.failed,
  'partly-done': EXIT.partlyDone,
  interrupted: EXIT.interrupted,
  held: EXIT.held,
  'root-missing': EXIT.held,
  'agent-running': EXIT.failed,
  'no-agent': EXIT.failed,
  refused: EXIT.failed,
  'server-away': EXIT.failed,
  unexpected: EXIT.failed,
  unreachable: EXIT.failed,
  stalled: EXIT.failed,
  'broken-answer': EXIT.failed,
  'store-busy': EXIT.failed,
  'store-refused': EXIT.failed,
  'content-changed': EXIT.failed,
  'content-corrupt': EXIT.failed,
  'local-file': EXIT.failed,
  'thread-died': EXIT.failed,
  cancelled: EXIT.interrupted,
  'malformed-request': EXIT.failed,
  'authorization-pending': EXIT.failed,
  'slow-down': EXIT.failed,
  'expired-token': EXIT.failed,
  'access-denied': EXIT.failed,
  unauthenticated: EXIT.notLoggedIn,
  'bad-credentials': EXIT.failed,
  'session-ended': EXIT.notLoggedIn,
  forbidden: EXIT.failed,
  'registration-closed': EXIT.failed,
  'not-found': EXIT.failed,
  'file-not-found': EXIT.failed,
  'upload-not-found': EXIT.failed,
  'device-not-found': EXIT.failed,
  'user-code-not-found': EXIT.failed,
  'version-unknown': EXIT.failed,
  'method-not-allowed': EXIT.failed,
  'request-timeout': EXIT.failed,
  'name-taken': EXIT.failed,
  'id-taken': EXIT.failed,
  'email-taken': EXIT.failed,
  cycle: EXIT.failed,
  'cross-owner': EXIT.failed,
  'changed-since': EXIT.failed,
  'upload-ambiguous': EXIT.failed,
  'parts-missing': EXIT.failed,
  'chunks-incomplete': EXIT.failed,
  'not-uploaded': EXIT.failed,
  'target-gone': EXIT.failed,
  'cursor-expired': EXIT.failed,
  'feed-reset': EXIT.failed,
  'body-too-large': EXIT.failed,
  'unsupported-media-type': EXIT.failed,
  'invalid-value': EXIT.failed,
  'invalid-name': EXIT.failed,
  'not-a-folder': EXIT.failed,
  'too-deep': EXIT.failed,
  'chunks-mismatch': EXIT.failed,
  'unknown-users': EXIT.failed,
  'bad-cursor': EXIT.failed,
  'rate-limited': EXIT.failed,
  'too-many-uploads': EXIT.failed,
  internal: EXIT.failed,
  'store-unencrypted': EXIT.failed,
  'store-unavailable': EXIT.failed,
  'database-unavailable': EXIT.failed,
  'shutting-down': EXIT.failed,
  'storage-full': EXIT.failed,
};

export function exitCodeOf(code: ErrorCode | ClientErrorCode | CliErrorCode): ExitCode {
  return EXIT_CODES[code];
}
