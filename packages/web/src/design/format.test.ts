import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count, formatDate, formatSize, formatTimeLeft } from './format.ts';

test('sizes have at most two digits more than needed', () => {
  assert.equal(formatSize(0), '0 bytes');
  assert.equal(formatSize(1), '1 byte');
  assert.equal(formatSize(999), '999 bytes');
  assert.equal(formatSize(1_000), '1.0 KB');
  assert.equal(formatSize(9_960), '10 KB');
  assert.equal(formatSize(999_600), '1.0 MB');
  assert.equal(formatSize(3_221_225_472), '3.2 GB');
});

test('time left', () => {
  assert.equal(formatTimeLeft(0.2), '1 s left');
  assert.equal(formatTimeLeft(150), '3 min left');
  assert.equal(formatTimeLeft(3_900), '1 h 5 min left');
  assert.equal(formatTimeLeft(59.7), '1 min left');
  assert.equal(formatTimeLeft(3_599), '1 h 0 min left');
  assert.equal(formatTimeLeft(7_199), '2 h 0 min left');
  assert.equal(formatTimeLeft(13 * 3_600 + 60), '13 h left');
  assert.equal(formatTimeLeft(3_873 * 3_600), 'more than a day left');
  assert.equal(formatTimeLeft(Number.POSITIVE_INFINITY), 'more than a day left');
});

test('dates become coarser with distance', () => {
  const now = new Date('2026-06-15T12:00:00Z');
  assert.match(formatDate('2026-06-14T12:00:00Z', now), /^Yesterday/);
  assert.doesNotMatch(formatDate('2026-02-01T12:00:00Z', now), /2026/);
  assert.match(formatDate('2024-02-01T12:00:00Z', now), /2024/);
});

test('counts', () => {
  assert.equal(count(1, 'item'), '1 item');
  assert.equal(count(2, 'item'), '2 items');
});
