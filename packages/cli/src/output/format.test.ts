import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBytes, formatDuration, formatSpeed, plural, printable } from './format.ts';

const BYTES: readonly [number, string][] = [
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [4096, '4.10 kB'],
  [99_949, '99.9 kB'],
  [99_999, '100 kB'],
  [734_003_200, '734 MB'],
  [999_700_000, '1.00 GB'],
  [3_221_225_472, '3.22 GB'],
];

for (const [bytes, text] of BYTES) {
  test(`${bytes} bytes read ${text}`, () => assert.equal(formatBytes(bytes), text));
}

const DURATIONS: readonly [number, string][] = [
  [0, '0.0 s'],
  [9_949, '9.9 s'],
  [9_960, '10 s'],
  [59_600, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [7_620_000, '2 h 07 min'],
];

for (const [ms, text] of DURATIONS) {
  test(`${ms} ms read ${text}`, () => assert.equal(formatDuration(ms), text));
}

test('speed, plural, and names that could drive a terminal', () => {
  assert.equal(formatSpeed(2_000_000, 1000), '2.00 MB/s');
  assert.equal(formatSpeed(5, 0), '–');
  assert.equal(plural(1, 'file'), '1 file');
  assert.equal(plural(12_345, 'file'), '12,345 files');
  assert.equal(printable('a\u001b[31mb\u202ec 🧳'), 'a?[31mb?c 🧳');
});
