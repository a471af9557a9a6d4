import { ClientError } from '@valise/client';

/** Exactly `length` bytes of the file from `offset` on. Throws `content-changed`. */
export async function readSlice(file: File, offset: number, length: number): Promise<Uint8Array> {
  const bytes = await bytesOf(file, file.slice(offset, offset + length));
  if (bytes.length !== length) throw contentChanged(file);
  return bytes;
}

/** The browser itself refuses to read a file that isn't what it was when it was chosen. */
async function bytesOf(file: File, slice: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await slice.arrayBuffer());
  } catch (error) {
    throw contentChanged(file, error);
  }
}

export function contentChanged(file: File, cause?: unknown): ClientError {
  return new ClientError(
    'content-changed',
    `“${file.name}” was changed, moved or removed on this device. Choose it again.`,
    { cause },
  );
}
