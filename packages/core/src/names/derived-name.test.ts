import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { conflictedCopyNames } from './derived-name.ts';
import { conflictedCopyName, parseName, restoredName, sharedName } from './index.ts';
import { utf8Length } from './utf8.ts';

const date = new Date('2026-11-22T23:59:59.999Z');
const by = "Ann's laptop";

function conflict(name: string, taken: readonly string[] = [], author = by): string {
  const options = { by: author, date, taken: (candidate: string) => taken.includes(candidate) };
  return conflictedCopyName(parseName(name), options);
}

const PLAIN: readonly (readonly [name: string, expected: string])[] = [
  ['report.odt', "report (conflicted copy, Ann's laptop, 2026-11-22).odt"],
  ['Makefile', "Makefile (conflicted copy, Ann's laptop, 2026-11-22)"],
  ['.bashrc', ".bashrc (conflicted copy, Ann's laptop, 2026-11-22)"],
  ['a.tar.gz', "a.tar (conflicted copy, Ann's laptop, 2026-11-22).gz"],
  ['1. About the house', "1. About the house (conflicted copy, Ann's laptop, 2026-11-22)"],
  ['ends.', "ends. (conflicted copy, Ann's laptop, 2026-11-22)"],
];

for (const [name, expected] of PLAIN) {
  test(`a conflicted copy of ${name}`, () => assert.equal(conflict(name), expected));
}

test('the second copy of a day is numbered before the extension', () => {
  const first = conflict('report.odt');
  const second = conflict('report.odt', [first]);
  assert.equal(second, "report (conflicted copy, Ann's laptop, 2026-11-22) 2.odt");
  assert.equal(
    conflict('report.odt', [first, second]),
    "report (conflicted copy, Ann's laptop, 2026-11-22) 3.odt",
  );
});

test('suffixes do not pile up', () => {
  const expected = conflict('report.odt');
  assert.equal(conflict(expected), expected);
  assert.equal(conflict('report (conflicted copy, Bob (home), 2025-01-02) 17.odt'), expected);
  assert.equal(
    conflict('report (conflicted copy, A, 2025-01-02) (conflicted copy, B, 2025-01-03).odt'),
    expected,
  );
  assert.equal(
    conflict('Makefile (conflicted copy, host.local, 2025-01-02)'),
    conflict('Makefile'),
  );
});

test('what only looks like a suffix stays', () => {
  assert.equal(
    conflict('a (conflicted copy, maybe).odt'),
    "a (conflicted copy, maybe) (conflicted copy, Ann's laptop, 2026-11-22).odt",
  );
});

test('the author is made fit for a name', () => {
  assert.equal(conflict('a', [], ' x/\ny\ud800 '), 'a (conflicted copy, x- y\ufffd, 2026-11-22)');
  assert.equal(conflict('a', [], '\n'), 'a (conflicted copy, someone, 2026-11-22)');
});

test('a long stem gives way between graphemes', () => {
  const family = '👩‍👩‍👧‍👦';
  const name = conflict(`${family.repeat(9)}${'x'.repeat(24)}.jpeg`, [], 'a device'.repeat(20));
  assert.ok(utf8Length(name) <= 255);
  assert.match(name, /^(👩‍👩‍👧‍👦)+ \(conflicted copy, [a device]{64}, 2026-11-22\)\.jpeg$/u);
});

test('a stem that is one endless grapheme is still cut', () => {
  const name = conflict(`a${'\u0335'.repeat(126)}`);
  assert.ok(utf8Length(name) > 250 && utf8Length(name) <= 255);
});

test('every derived name is legal, fits and is new', () => {
  const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }).filter((text) => {
    return !/[/\p{Cc}]/u.test(text) && utf8Length(text.normalize('NFC')) <= 255 && /\w/.test(text);
  });
  fc.assert(
    fc.property(names, fc.string({ unit: 'binary' }), (text, author) => {
      const name = parseName(text);
      const candidates = conflictedCopyNames(name, { by: author, date }).take(12).toArray();
      assert.equal(new Set(candidates).size, 12);
      assert.ok(!candidates.includes(name));
      for (const candidate of candidates) assert.equal(parseName(candidate), candidate);
    }),
  );
});

test('a restored file steps aside', () => {
  const taken = new Set(['a (restored).txt', 'a (restored) 2.txt']);
  assert.equal(
    restoredName(parseName('b.txt'), (name) => taken.has(name)),
    'b (restored).txt',
  );
  assert.equal(
    restoredName(parseName('a.txt'), (name) => taken.has(name)),
    'a (restored) 3.txt',
  );
  assert.equal(
    restoredName(parseName('a (restored).txt'), (name) => taken.has(name)),
    'a (restored) 3.txt',
  );
});

test('what is shared under a name that is taken carries who shared it', () => {
  const taken = new Set(['Plans', 'Plans (Ann)', 'plan.odt', 'v1.2']);
  const shared = (name: string, isFolder: boolean, by = 'Ann') =>
    sharedName(parseName(name), { by, isFolder, taken: (candidate) => taken.has(candidate) });
  assert.equal(shared('Other', true), 'Other');
  assert.equal(shared('Plans', true), 'Plans (Ann) 2');
  assert.equal(shared('Plans', true, 'A/B'), 'Plans (A-B)');
  assert.equal(shared('plan.odt', false), 'plan (Ann).odt');
  assert.equal(shared('v1.2', true), 'v1.2 (Ann)');
});
