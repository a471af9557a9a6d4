import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAppError } from '../errors/index.ts';
import { nameKey, parseLinkTarget, parseName, utf8Length } from './index.ts';

const LEGAL: readonly (readonly [title: string, name: string])[] = [
  ['one byte', 'a'],
  ['255 bytes', 'x'.repeat(255)],
  ['255 bytes of three each', '水'.repeat(85)],
  ['spaces and dots around', ' .a. '],
  ['three dots', '...'],
  ['a longer reserved word', '.valise2'],
  ['an emoji with joiners', '👩‍👩‍👧‍👦.jpg'],
  ['what Windows refuses', 'CON.txt: a*b?"<>|'],
  ['a backslash', 'a\\b'],
  ['right-to-left text', 'שלום.txt'],
];

const ILLEGAL: readonly (readonly [title: string, name: string])[] = [
  ['nothing', ''],
  ['the folder itself', '.'],
  ['its parent', '..'],
  ['a path', 'a/b'],
  ['256 bytes', 'x'.repeat(256)],
  ['256 bytes in 86 characters', `${'水'.repeat(85)}x`],
  ['a million combining marks', `a${'\u0301\u0327'.repeat(500_000)}`],
  ['NUL', 'a\0'],
  ['a line feed', 'a\nb'],
  ['DEL', 'a\u007f'],
  ['a C1 control', 'a\u0085b'],
  ['a high surrogate alone', 'a\ud83d'],
  ['a low surrogate alone', '\ude00a'],
  ['the reserved name', '.valise'],
  ['the reserved name in capitals', '.VALISE'],
  ['the reserved name with a long s', '.valiſe'],
];

for (const [title, name] of LEGAL) {
  test(`a name may be ${title}`, () => assert.equal(parseName(name), name));
}

for (const [title, name] of ILLEGAL) {
  test(`a name may not be ${title}`, () => {
    assert.throws(
      () => parseName(name, 'newName'),
      (error) => isAppError(error, 'invalid-name') && error.details.field === 'newName',
    );
  });
}

test('a decomposed name becomes its composed twin', () => {
  assert.equal(parseName('Cafe\u0301'), 'Caf\u00e9');
});

test('the limit counts the composed form', () => {
  const decomposed = 'e\u0301'.repeat(127);
  assert.equal(utf8Length(decomposed), 381);
  assert.equal(utf8Length(parseName(decomposed)), 254);
});

test('lengths are those of UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(utf8Length(text), new TextEncoder().encode(text).length);
    }),
  );
});

test('a parsed name parses to itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), (text) => {
      fc.pre(!/[/\p{Cc}]/u.test(text) && !/^\.{1,2}$/.test(text));
      assert.equal(parseName(parseName(text)), parseName(text));
    }),
  );
});

const TWINS: readonly (readonly [left: string, right: string])[] = [
  ['README', 'readme'],
  ['Caf\u00e9', 'CAFE\u0301'],
  ['straße', 'STRASSE'],
  ['ὈΔΥΣΣΕΎΣ', 'ὀδυσσεύς'],
  ['\u212Bngström', '\u00e5ngström'],
  ['\u01c4', '\u01c6'],
];

for (const [left, right] of TWINS) {
  test(`${left} and ${right} are one name among siblings`, () => {
    assert.equal(nameKey(left), nameKey(right));
  });
}

test('different names have different keys', () => {
  assert.notEqual(nameKey('a'), nameKey('b'));
  assert.notEqual(nameKey('e'), nameKey('\u00e9'));
});

test('a symlink may point anywhere, in up to 4,096 bytes', () => {
  assert.equal(parseLinkTarget('../../e\u0301'), '../../e\u0301');
  assert.equal(parseLinkTarget('x'.repeat(4096)).length, 4096);
  for (const bad of ['', 'a\0b', 'x'.repeat(4097), '\ud800']) {
    assert.throws(
      () => parseLinkTarget(bad),
      (error) => isAppError(error, 'invalid-value') && error.details.field === 'target',
    );
  }
});
