import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ClientError } from '../errors/client-error.ts';
import type { ByteRange, ContentSink, ContentSource } from '../ports.ts';

/** Bytes that look random and are the same on every run. */
export function noise(size: number, seed = 'noise'): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let state = createHash('sha256').update(seed).digest().readInt32LE(0) | 1;
  for (let at = 0; at + 4 <= size; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    view.setInt32(at, state);
  }
  return bytes;
}

/** Compares fast, and names the first difference instead of printing megabytes. */
export function assertSameBytes(actual: Uint8Array | null | undefined, expected: Uint8Array): void {
  assert.ok(actual, 'there are no bytes');
  if (Buffer.compare(actual, expected) === 0) return;
  const at = expected.findIndex((byte, index) => byte !== actual[index]);
  assert.fail(`${actual.length} and ${expected.length} bytes differ from byte ${at} on`);
}

export interface FakeSource extends ContentSource {
  bytes: Uint8Array;
  /** Counts the changes that anybody would see. */
  revision: number;
  closed: boolean;
}

export function fakeSource(bytes: Uint8Array): FakeSource {
  const source: FakeSource = {
    bytes,
    revision: 0,
    closed: false,
    size: bytes.length,
    async read(offset, length, { into } = {}) {
      const piece = source.bytes.subarray(offset, offset + length);
      if (piece.length < length) throw new ClientError('content-changed');
      if (into === undefined) return piece.slice();
      into.set(piece);
      return into.subarray(0, length);
    },
    identity: async () => String(source.revision),
    close: async () => {
      source.closed = true;
    },
  };
  return source;
}

/** As in a browser: its transport reads stretches of a file by itself. */
export function fakeFile(bytes: Uint8Array): FakeSource {
  const source = fakeSource(bytes);
  source.unread = ({ offset, size }) => {
    // Read when it is sent, not now.
    const stretch = new Blob([]);
    stretch.arrayBuffer = async () => new Uint8Array(await source.read(offset, size)).buffer;
    return stretch;
  };
  return source;
}

export interface FakeSink extends ContentSink {
  /** The target: null until finished. */
  target: Uint8Array | null;
  /** What is left of an attempt that broke off. */
  partial: Uint8Array | null;
  written: ByteRange[];
}

export function fakeSink(): FakeSink {
  let bytes: Uint8Array = new Uint8Array(0);
  const sink: FakeSink = {
    target: null,
    partial: null,
    written: [],
    async open({ size }) {
      const left = sink.partial;
      bytes = left?.length === size ? left : new Uint8Array(size);
      return left?.length === size ? sink.written : [];
    },
    read: async (offset, length) => bytes.subarray(offset, offset + length),
    async write(offset, piece) {
      bytes.set(piece, offset);
      sink.written.push({ offset, size: piece.length });
    },
    async finish() {
      sink.target = bytes;
    },
    async abort({ keep }) {
      sink.partial = keep ? bytes : null;
    },
  };
  return sink;
}
