import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import fc from 'fast-check';
import { formatUserCode, makeUserCode, parseUserCode } from './user-code.ts';

describe('user codes', () => {
  test('are read back however a person types them', () => {
    const bytes = fc.uint8Array({ minLength: 64, maxLength: 64, max: 239 });
    fc.assert(
      fc.property(bytes, fc.constantFrom('', ' ', ' - '), (random, separator) => {
        const code = makeUserCode(() => random);
        assert.match(code, /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
        assert.equal(parseUserCode(formatUserCode(code)), code);
        const typed = `${code.slice(0, 4)}${separator}${code.slice(4)}`.toLowerCase();
        assert.equal(parseUserCode(` ${typed} `), code);
      }),
    );
  });

  test('bytes that would favour a letter are skipped', () => {
    const random = new Uint8Array(64).fill(255);
    random.set([0, 19, 20, 39, 239, 1, 2, 3], 56);
    assert.equal(
      makeUserCode(() => random),
      'BZBZZCDF',
    );
  });

  test('anything else is no code', () => {
    for (const text of ['', 'BCDF-GHJ', 'BCDF-GHJA', 'BCDF-GHJKL', 'ÄÖÜÄ-ÖÜÄÖ']) {
      assert.throws(
        () => parseUserCode(text),
        (error) => isAppError(error, 'user-code-not-found'),
      );
    }
  });
});
