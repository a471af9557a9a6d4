import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { allocateAligned } from '../aligned-memory.ts';
import { DIRECT_ALIGNMENT, directSpan, openDirect } from './direct-file.ts';
import { fileSink } from './file-sink.ts';

const MIB = 1_048_576;
const BLOCK = 65_536;
const memory = allocateAligned(4 * MIB);

/** Random bytes that lie in memory as they are to lie in a file, from `offset` on. */
function bytesFor(offset: number, size: number): Uint8Array {
  const at = offset % DIRECT_ALIGNMENT;
  const bytes = new Uint8Array(memory.buffer, at, size);
  bytes.set(randomBytes(size));
  return bytes;
}

describe('direct writing', () => {
  test('takes whole blocks that lie right, and the most of them', () => {
    fc.assert(
      fc.property(fc.nat(500_000), fc.nat(500_000), fc.nat(10_000), (offset, size, shift) => {
        const bytes = new Uint8Array(memory.buffer, (offset + shift) % DIRECT_ALIGNMENT, size);
        const { from, to } = directSpan(offset, bytes);
        const blocks = Math.floor((offset + size) / BLOCK) - Math.ceil(offset / BLOCK);
        const fits = shift % DIRECT_ALIGNMENT === 0 ? Math.max(0, blocks) : 0;
        assert.equal(to - from, fits * BLOCK);
        if (fits > 0) assert.equal((offset + from) % BLOCK, 0);
        assert.ok(from >= 0 && to <= size);
      }),
    );
  });

  test('a file of many ranges, written in any order and partly twice, holds them all', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'valise-direct-'));
    const target = join(folder, 'a');
    const modifiedAt = new Date('2024-02-29T12:34:56.789Z');
    const sink = fileSink(target, { modifiedAt, executable: false });
    await sink.open({ size: 256 * MIB, fingerprint: 'v1:a' });
    const expected = new Map<number, Buffer>();
    const cuts = [0, 1, 65_536, 70_000, 270_001, 327_680, 1_200_003, 2_000_000];
    const spans = cuts.slice(1).map((to, n) => ({ from: cuts[n] ?? 0, to }));
    for (const { from, to } of [...spans.reverse(), { from: 65_536, to: 70_000 }]) {
      const bytes = bytesFor(from, to - from);
      expected.set(from, Buffer.from(bytes));
      await sink.write(from, bytes);
    }
    // From anywhere in memory, too.
    await sink.write(2_000_000, randomBytes(10_000).fill(7));
    await sink.finish();
    const content = await readFile(target);
    for (const [from, bytes] of expected) {
      assert.ok(content.subarray(from, from + bytes.length).equals(bytes), `from ${from}`);
    }
    assert.ok(content.subarray(2_000_000).equals(Buffer.alloc(10_000, 7)));
    await rm(folder, { recursive: true });
  });

  test('a file that is not there is an error, not a missing ability', async () => {
    await assert.rejects(openDirect(join(tmpdir(), 'valise-nowhere', 'a')), { code: 'ENOENT' });
  });
});
