import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const KIB = 1024;
const MIB = 1024 * KIB;
const BLOCK = 16 * MIB;

/** At this byte of the old file, leave some out and put others in. */
export interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: Uint8Array;
}

export interface Scenario {
  readonly what: string;
  /** For a file of this size. */
  edits(size: number): readonly Edit[];
}

/** What people do to a large file. */
export const SCENARIOS: readonly Scenario[] = [
  { what: '1 byte inserted in the middle', edits: (size) => [insert(middle(size), 1)] },
  { what: '1 byte inserted at the end', edits: (size) => [insert(size, 1)] },
  {
    what: '20 scattered inserts of 100 bytes',
    edits: (size) =>
      Array.from({ length: 20 }, (_, n) => insert(Math.floor(((n + 0.5) * size) / 20), 100)),
  },
  { what: '64 KiB inserted', edits: (size) => [insert(middle(size) - 40 * MIB, 64 * KIB)] },
  {
    what: '1 MiB deleted',
    edits: (size) => [{ at: middle(size) - 20 * MIB, remove: MIB, insert: new Uint8Array(0) }],
  },
  { what: '1 MiB appended', edits: (size) => [insert(size, MIB)] },
  { what: '1 byte inserted at the start', edits: () => [insert(0, 1)] },
];

function insert(at: number, bytes: number): Edit {
  return { at, remove: 0, insert: randomBytes(bytes) };
}

function middle(size: number): number {
  return Math.floor(size / 2) + 12_345;
}

/** Writes the edited file; the edits are in order and don't overlap. */
export async function writeEdited(from: string, to: string, edits: readonly Edit[]): Promise<void> {
  const [source, target] = [await open(from, 'r'), await open(to, 'w')];
  try {
    let at = 0;
    for (const edit of edits) {
      await copyRange(source, target, { from: at, to: edit.at });
      await target.write(edit.insert);
      at = edit.at + edit.remove;
    }
    await copyRange(source, target, { from: at, to: (await source.stat()).size });
  } finally {
    await source.close();
    await target.close();
  }
}

async function copyRange(
  source: FileHandle,
  target: FileHandle,
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  const buffer = Buffer.allocUnsafe(BLOCK);
  for (let at = range.from; at < range.to; ) {
    const { bytesRead } = await source.read(buffer, 0, Math.min(BLOCK, range.to - at), at);
    if (bytesRead === 0) throw new Error('The file ended early.');
    await target.write(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
