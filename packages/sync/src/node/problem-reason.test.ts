import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError } from '@valise/client';
import { AppError } from '@valise/core/errors';
import { diskError } from './disk-errors.ts';
import { linux } from './platform/linux.ts';
import { problemReason } from './problem-reason.ts';

const systemError = (code: string) => Object.assign(new Error(code), { code, syscall: 'open' });

test('what the disk refuses is told with what to do, whoever met it, and without paths', () => {
  const full = 'the disk is full: free some space';
  const refused = diskError(systemError('ENOSPC'), 'a/b', linux);
  assert.equal(problemReason(refused, 'a/b'), full);
  assert.equal(problemReason(refused, 'a/new'), `a/b: ${full}`);
  const received = new ClientError(
    'local-file',
    '/home/ann/.valise/received/1: no space is left.',
    {
      cause: systemError('ENOSPC'),
    },
  );
  assert.equal(problemReason(received, 'a/b'), full);
  const unread = new ClientError('local-file', '/home/ann/a: permission denied.', {
    cause: systemError('EACCES'),
  });
  assert.match(problemReason(unread, 'a'), /may not read .*: change its permissions/);
});

test('what the server refuses is told with what to do; the rest is tried again', () => {
  assert.match(problemReason(new AppError('storage-full'), 'a'), /no space left: delete something/);
  assert.match(problemReason(new AppError('parts-missing'), 'a'), /tried again/);
});
