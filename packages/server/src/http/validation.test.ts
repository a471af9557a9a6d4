import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AppError, isAppError } from '@valise/core/errors';
import { CreateUploadRequest, PartUrlsRequest } from '@valise/core/wire';
import type { TSchema } from 'typebox';
import { validatorCompiler } from './validation.ts';

function misfitOf(schema: TSchema, value: unknown): AppError {
  const validate = validatorCompiler({ schema, method: 'POST', url: '/', httpPart: 'body' });
  const checked: unknown = validate(value);
  const error = typeof checked === 'object' && checked && 'error' in checked && checked.error;
  assert.ok(isAppError(error, 'malformed-request'));
  return error;
}

const file = { name: 'a', size: 1, mimeType: 'text/plain' };
const chunk = [`sha256:${'0'.repeat(64)}`, 1];

test('a misfit is named wherever in a long list it stands', () => {
  for (const at of [0, 15, 16, 17, 9_999]) {
    const chunks = Array.from({ length: 10_000 }, () => chunk).with(at, 'none' as never);
    const { details } = misfitOf(CreateUploadRequest, { ...file, chunks });
    assert.equal(details.field, `chunks.${at}`);
  }
  const fits = Array.from({ length: 10_000 }, () => chunk);
  assert.equal(
    misfitOf(CreateUploadRequest, { ...file, chunks: fits, size: -1 }).details.field,
    'size',
  );
});

test('a list that is too long is itself the misfit', () => {
  const partNumbers = Array.from({ length: 501 }, (_, n) => n + 1);
  assert.equal(misfitOf(PartUrlsRequest, { partNumbers }).details.field, 'partNumbers');
});

test('megabytes of misfits are refused like one', () => {
  const members = Array.from({ length: 200_000 }, (_, n) => [`${n + 1}`, 'none']);
  const hashes = Object.fromEntries(members);
  assert.equal(misfitOf(PartUrlsRequest, { partNumbers: [1], hashes }).details.field, 'hashes.1');
  const chunks = Array.from({ length: 3_000_000 }, () => 0);
  assert.equal(misfitOf(CreateUploadRequest, { ...file, chunks }).details.field, 'chunks.0');
});
