/** How the chunker does on the kinds of content that people keep; docs/adr/0002 has the figures. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { createChunker, MAX_CHUNK } from './index.ts';
import { contentOf } from './test-content.ts';
import { BINARIES, SPARSE } from './test-corpus-binary.ts';
import { TEXTS } from './test-corpus-text.ts';
import { createRandom } from './test-random.ts';

const KIB = 1024;
const SIZE = 6 * KIB * KIB;
/** Where bytes are inserted, one place at a time. */
const PLACES = [0.2, 0.45, 0.7];

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function chunksOf(content: Uint8Array): Uint8Array[] {
  const chunker = createChunker();
  const cuts = [...chunker.push(content), ...chunker.finish()];
  return cuts.map((cut, index) => content.subarray(cuts[index - 1] ?? 0, cut));
}

/** Bytes per chunk; the last one, which no cut ended, doesn't count. */
function averageOf(chunks: readonly Uint8Array[]): number {
  const whole = chunks.slice(0, -1).map((chunk) => chunk.length);
  return sum(whole) / whole.length;
}

/** Bytes of the chunks that are new after inserting 8 bytes in one place, on average. */
function reshipped(content: Uint8Array, chunks: readonly Uint8Array[]): number {
  const known = new Set(chunks.map((chunk) => hash('sha256', chunk)));
  const fresh = PLACES.map((place) => {
    const at = Math.floor(content.length * place);
    const edited = Buffer.concat([
      content.subarray(0, at),
      Buffer.from('1nserted'),
      content.subarray(at),
    ]);
    const added = chunksOf(edited).filter((chunk) => !known.has(hash('sha256', chunk)));
    return sum(added.map((chunk) => chunk.length));
  });
  return sum(fresh) / fresh.length;
}

describe('ordinary content', () => {
  for (const [name, make] of [...TEXTS, ...BINARIES]) {
    test(`${name}: chunks near 256 KiB, and an insertion ships few`, () => {
      const content = make(createRandom(2026), SIZE);
      const chunks = chunksOf(content);
      const average = averageOf(chunks);
      assert.ok(average > 160 * KIB && average < 420 * KIB, `${average / KIB} KiB on average`);
      const shipped = reshipped(content, chunks);
      assert.ok(shipped <= 1000 * KIB, `${shipped / KIB} KiB shipped`);
    });
  }
});

describe('sparse content', () => {
  for (const [name, make] of SPARSE) {
    test(`${name}: chunks end before the maximum, and an insertion ships few`, () => {
      const content = make(createRandom(2026), SIZE);
      const chunks = chunksOf(content);
      assert.ok(averageOf(chunks) < 0.75 * MAX_CHUNK, `${averageOf(chunks) / KIB} KiB on average`);
      const shipped = reshipped(content, chunks);
      assert.ok(shipped <= 2000 * KIB, `${shipped / KIB} KiB shipped`);
    });
  }
});

test('runs and short periods are cut at the maximum or at one place of the period', () => {
  const random = createRandom(7);
  for (const period of [1, 2, 3, 4, 7, 8, 12, 16, 31, 64, 100, 256, 1000, 4096, 4097]) {
    const unit = Array.from({ length: period }, () => random.below(256));
    const hex = Buffer.from(unit).toString('hex');
    const chunks = chunksOf(contentOf({ kind: 'repeat', hex, size: SIZE }));
    const lengths = new Set(chunks.slice(1, -1).map((chunk) => chunk.length));
    assert.equal(lengths.size, 1, `period ${period}`);
  }
});
