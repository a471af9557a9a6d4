import { failureCode } from '@valise/client';
import { DiskError, type DiskErrorCode } from '../ports/file-system.ts';
import { isChanging } from './transfer-lanes.ts';

/**
 * What a failed operation means for the loop.
 *  - `ended`     the login ended or the device was revoked: stop, keep everything
 *  - `offline`   nobody answers: wait for the network
 *  - `outdated`  the world is not as the plan thought: look again, plan again
 *  - `changing`  a file is being written, or a program has it open: look again soon
 *  - `failed`    this one alone: try again later, tell about it
 *  - `defect`    nobody expected that
 */
export type FailureKind = 'ended' | 'offline' | 'outdated' | 'changing' | 'failed' | 'defect';

const ENDED = new Set(['unauthenticated', 'session-ended']);
const OFFLINE = new Set([
  'unreachable',
  'stalled',
  'rate-limited',
  'shutting-down',
  'database-unavailable',
]);
const OUTDATED = new Set([
  'changed-since',
  'name-taken',
  'file-not-found',
  'cycle',
  'not-a-folder',
  'target-gone',
  'upload-not-found',
  'id-taken',
]);

const DISK_KINDS: Readonly<Record<DiskErrorCode, FailureKind>> = {
  occupied: 'outdated',
  changed: 'outdated',
  missing: 'outdated',
  busy: 'changing',
  refused: 'failed',
};

export function kindOf(error: unknown): FailureKind {
  if (error instanceof DiskError) return DISK_KINDS[error.code];
  if (isChanging(error)) return 'changing';
  const code = failureCode(error);
  if (code === null) return 'defect';
  if (ENDED.has(code)) return 'ended';
  if (OFFLINE.has(code)) return 'offline';
  if (OUTDATED.has(code)) return 'outdated';
  return 'failed';
}
