import { ClientError, type ContentSource } from '@valise/client';

/**
 * A file that was chosen or dropped, read piece by piece. The browser itself refuses to read one
 * that changed on disk; `size` and the time of its last change are its identity besides.
 */
export function blobSource(file: File, beforeRead: () => void = () => {}): ContentSource {
  return {
    size: file.size,
    async read(offset, length, { into } = {}) {
      beforeRead();
      const bytes = await readSlice(file, offset, length);
      if (bytes.length !== length) throw changed(file);
      if (into === undefined) return bytes;
      into.set(bytes);
      return into.subarray(0, length);
    },
    identity: async () => `${file.size} ${file.lastModified}`,
    close: async () => {},
  };
}

export async function readSlice(file: File, offset: number, length: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
  } catch (error) {
    throw changed(file, error);
  }
}

function changed(file: File, cause?: unknown): ClientError {
  return new ClientError(
    'content-changed',
    `“${file.name}” was changed, moved or removed on this device. Choose it again.`,
    { cause },
  );
}
