import type { ContentSource } from '@valise/client';
import { readSlice } from '../../platform/read-slice.ts';

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
      if (into === undefined) return bytes;
      into.set(bytes);
      return into.subarray(0, length);
    },
    unread({ offset, size }) {
      beforeRead();
      return file.slice(offset, offset + size);
    },
    identity: async () => `${file.size} ${file.lastModified}`,
    close: async () => {},
  };
}
