import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { isClientError } from '@valise/client';
import { openForwardReader } from './forward-reader.ts';

const content = new Uint8Array(randomBytes(3_000_000));

/** As a browser without byte streams has it. */
class PlainFile extends File {
  override slice(from?: number, to?: number): Blob {
    const blob = super.slice(from, to);
    const stream = () => new ReadableStream<never>();
    return Object.assign(blob, { stream });
  }
}

for (const Kind of [File, PlainFile]) {
  describe(`reading a ${Kind.name} forward`, () => {
    test('gives every byte once, and keeps the piece before the last', async () => {
      const reader = openForwardReader(new Kind([content], 'a'), 1_000);
      let at = 1_000;
      let before: { readonly bytes: Uint8Array; readonly at: number } | null = null;
      for (const length of [1, 900_000, 900_000, 70_000, 900_000, 5]) {
        const bytes = await reader.read(length);
        assert.ok(Buffer.from(bytes).equals(content.subarray(at, at + length)));
        if (before !== null) {
          const { length: size } = before.bytes;
          assert.ok(
            Buffer.from(before.bytes).equals(content.subarray(before.at, before.at + size)),
          );
        }
        before = { bytes, at };
        at += length;
      }
      reader.close();
    });

    test('a file that has become shorter is said to have changed', async () => {
      const reader = openForwardReader(new Kind([content.subarray(0, 5_000)], 'a'), 0);
      await reader.read(4_000);
      await assert.rejects(reader.read(2_000), (error) => isClientError(error, 'content-changed'));
      reader.close();
    });
  });
}
