import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError } from '@valise/client';
import { AppError } from '@valise/core/errors';
import { diskError } from './disk-errors.ts';
import { problemReason } from './problem-reason.ts';

const systemError = (code: string) => Object.assign(new Error(code), { code, syscall: 'open' });

test('what the disk refuses is told with what to do, whoever met it, and without paths', () => {
  const full = 'the disk is full: free some space';
  assert.equal(problemReason(diskError(systemError('ENOSPC'), 'a/b')), full);
  const received = new ClientError(
    'local-file',
    '/home/ann/.valise/received/1: no space is left.',
    {
      cause: systemError('ENOSPC'),
    },
  );
  assert.equal(problemReason(received), full);
  const cause = systemError('EACCES');
  assert.match(problemReason(diskError(cause, 'a')), /may not write .*: change the permissions/);
  const unread = new ClientError('local-file', '/home/ann/a: permission denied.', { cause });
  assert.match(problemReason(unread), /may not read .*: change its permissions/);
});

test('what the server refuses is told with what to do; the rest is tried again', () => {
  assert.match(problemReason(new AppError('storage-full')), /no space left: delete something/);
  assert.match(problemReason(new AppError('parts-missing')), /tried again/);
});
