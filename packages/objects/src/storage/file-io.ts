import { type FileHandle, open } from 'node:fs/promises';

/** An open file. Positions are always given, so that several can read and write at once. */
export type DiskFile = Pick<
  FileHandle,
  'read' | 'write' | 'writev' | 'sync' | 'datasync' | 'truncate' | 'stat' | 'close'
>;

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of the buffers at `position`, whatever the system call managed at once. */
export async function writeWhole(
  handle: DiskFile,
  buffers: readonly Buffer[],
  position: number,
): Promise<void> {
  const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  const { bytesWritten } = await handle.writev(buffers, position);
  if (bytesWritten === length) return;
  // A short write mostly means a full disk: writing the rest says so with the right error.
  const rest = Buffer.concat(buffers).subarray(bytesWritten);
  let written = 0;
  while (written < rest.length) {
    const step = await handle.write(
      rest,
      written,
      rest.length - written,
      position + bytesWritten + written,
    );
    written += step.bytesWritten;
  }
}

/** Reads `length` bytes at `position`, fewer only at the end of the file. */
export async function readAt(handle: DiskFile, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
