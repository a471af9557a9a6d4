import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachmentDisposition } from './attachment-disposition.ts';

test('names keep their spelling and cannot break out of the header', () => {
  assert.equal(
    attachmentDisposition('naïve "plan" 100%.txt'),
    `attachment; filename="na_ve _plan_ 100_.txt"; filename*=UTF-8''na%C3%AFve%20%22plan%22%20100%25.txt`,
  );
  for (const name of ['a\\".exe', "it's (1)*.txt", '🎉\u200d.txt', 'шум']) {
    const header = attachmentDisposition(name);
    assert.match(header, /^[\x20-\x7e]+$/);
    assert.equal(header.split('"').length, 3);
    assert.equal(decodeURIComponent(header.split("''")[1] ?? ''), name);
  }
});
