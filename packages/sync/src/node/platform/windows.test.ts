import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskError } from '../../ports/file-system.ts';
import { diskError } from '../disk-errors.ts';
import { linux } from './linux.ts';
import type { Platform } from './platform.ts';
import { windows } from './windows.ts';

function said(platform: Platform, code: string, syscall: string, { isWrite = true } = {}) {
  const error = Object.assign(new Error(code), { code, syscall });
  const told = diskError(error, 'a', platform, { isWrite });
  assert.ok(told instanceof DiskError);
  return told;
}

test('what a program has open on Windows is tried again soon, and says what to do', () => {
  for (const code of ['EBUSY', 'EPERM', 'EACCES']) {
    const told = said(windows, code, 'rename');
    assert.equal(told.code, 'busy');
    assert.match(told.message, /close it there/);
    assert.equal(said(linux, code, 'rename').code, 'refused');
  }
  assert.equal(said(windows, 'ENOSPC', 'write').code, 'refused');
});

test('a folder that can’t be listed is refused, so that nothing is concluded from it', () => {
  assert.equal(said(windows, 'EPERM', 'scandir', { isWrite: false }).code, 'refused');
});

test('a symlink that Windows doesn’t let one make, or that a disk can’t hold', () => {
  const told = said(windows, 'EPERM', 'symlink');
  assert.equal(told.code, 'refused');
  assert.match(told.message, /Developer Mode/);
  for (const code of ['EPERM', 'ENOSYS', 'ENOTSUP']) {
    assert.match(said(linux, code, 'symlink').message, /holds no symlinks/);
  }
});
