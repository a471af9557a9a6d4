import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServerUrl } from './server-url.ts';

const ACCEPTED: readonly [string, string][] = [
  ['https://files.example.org', 'https://files.example.org'],
  ['https://files.example.org/', 'https://files.example.org'],
  ['HTTPS://Files.Example.org:8443/some/page', 'https://files.example.org:8443'],
  ['files.example.org', 'https://files.example.org'],
  ['localhost:8420', 'http://localhost:8420'],
  ['127.0.0.1:8420', 'http://127.0.0.1:8420'],
  ['[::1]:8420', 'http://[::1]:8420'],
];

for (const [typed, origin] of ACCEPTED) {
  test(`${typed} means ${origin}`, () => assert.equal(parseServerUrl(typed), origin));
}

for (const typed of ['', 'ftp://example.org', 'https://ann:secret@example.org', 'http://']) {
  test(`“${typed}” is refused`, () => {
    assert.throws(() => parseServerUrl(typed), { code: 'usage' });
  });
}
