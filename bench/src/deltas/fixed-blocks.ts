import { hash } from 'node:crypto';
import { open } from 'node:fs/promises';

const BLOCK = 4 * 1_048_576;

/** Bytes that whoever cuts files every 4 MiB would ship: of blocks that the old file hasn't got. */
export async function fixedBlockBytes(before: string, after: string): Promise<number> {
  const known = new Set<string>();
  for await (const block of blocksOf(before)) known.add(hash('sha256', block));
  let bytes = 0;
  for await (const block of blocksOf(after)) {
    if (!known.has(hash('sha256', block))) bytes += block.length;
  }
  return bytes;
}

async function* blocksOf(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(BLOCK);
    for (let at = 0; ; at += BLOCK) {
      const { bytesRead } = await handle.read(buffer, 0, BLOCK, at);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
