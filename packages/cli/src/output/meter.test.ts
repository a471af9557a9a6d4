import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMeter } from './meter.ts';
import { createOutput } from './output.ts';

function capture(json: boolean) {
  const written: string[] = [];
  const stderr = { write: (text: string) => void written.push(text), isTTY: false };
  return { written, out: createOutput(json, { stdout: { write: () => {} }, stderr }) };
}

test('with --json a line each second: phase, bytes, speed, time left', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const { written, out } = capture(true);
  const meter = createMeter(out);
  meter.expect(2, 4_000_000);
  meter.advance('hashing', 4_000_000);
  t.mock.timers.tick(1_000);
  meter.foundAll();
  for (let second = 0; second < 2; second++) {
    meter.advance('sending', 500_000);
    meter.advance('hashing', 1);
    t.mock.timers.tick(1_000);
  }
  meter.fileEnded();
  meter.stop();
  t.mock.timers.tick(5_000);
  const lines = written.map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ type, phase, bytes, bytesTotal }) => [type, phase, bytes, bytesTotal]),
    [
      ['progress', 'hashing', 4_000_000, 4_000_000],
      ['progress', 'sending', 500_000, 4_000_000],
      ['progress', 'sending', 1_000_000, 4_000_000],
    ],
  );
  assert.equal(lines[0].secondsLeft, null);
  assert.ok(lines[2].bytesPerSecond > 0 && lines[2].secondsLeft > 0);
});

test('without a terminal a plain line now and then, and none for what is quick', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'] });
  const { written, out } = capture(false);
  const meter = createMeter(out);
  meter.expect(3, 1_000_000);
  meter.advance('receiving', 250_000);
  t.mock.timers.tick(9_000);
  assert.deepEqual(written, []);
  t.mock.timers.tick(1_000);
  meter.stop();
  assert.equal(written.length, 1);
  assert.match(written[0] ?? '', /^Receiving 25 % · 250 kB of 1\.00 MB\+ · .* · 0\/3 files\n$/);
});
