import { contentChanged, readSlice } from '../read-slice.ts';

/** A file's bytes in order. */
export interface ForwardReader {
  /**
   * Exactly the next `length` bytes, good until the next but one call. One call at a time. Throws
   * `content-changed`.
   */
  read(length: number): Promise<Uint8Array>;
  /** Lets go of the rest; nobody waits for the browser to do so. */
  close(): void;
}

/**
 * Chromium doesn't count a read that it is at as a use of the stream: where nothing else led there,
 * both were collected as garbage, and whoever waited for the bytes waited for ever.
 */
const inUse = new Set<ReadableStreamBYOBReader>();

/**
 * Reads into two buffers in turn. A slice of its own for each read costs three times the time, and
 * the browser leaves the old ones in memory: half a gigabyte and more of a large file.
 */
export function openForwardReader(file: File, start: number): ForwardReader {
  const stream = byteReaderOf(file.slice(start));
  return stream === null ? sliceReader(file, start) : bufferReader(file, stream);
}

function bufferReader(file: File, stream: ReadableStreamBYOBReader): ForwardReader {
  const buffers: ArrayBuffer[] = [];
  inUse.add(stream);
  async function fill(buffer: ArrayBuffer, length: number): Promise<Uint8Array<ArrayBuffer>> {
    let bytes = new Uint8Array(buffer, 0, 0);
    while (bytes.length < length) {
      const { length: filled } = bytes;
      const rest = new Uint8Array(bytes.buffer, filled, length - filled);
      const { value, done } = await stream.read(rest);
      if (done || value === undefined) throw contentChanged(file);
      bytes = new Uint8Array(value.buffer, 0, filled + value.length);
    }
    return bytes;
  }
  return {
    async read(length) {
      const kept = buffers.length < 2 ? undefined : buffers.shift();
      const buffer = kept !== undefined && kept.byteLength >= length ? kept : undefined;
      try {
        const bytes = await fill(buffer ?? new ArrayBuffer(length), length);
        buffers.push(bytes.buffer);
        return bytes;
      } catch (error) {
        throw contentChanged(file, error);
      }
    },
    close() {
      inUse.delete(stream);
      void stream.cancel().catch(() => undefined);
    },
  };
}

function sliceReader(file: File, start: number): ForwardReader {
  let position = start;
  return {
    read(length) {
      position += length;
      return readSlice(file, position - length, length);
    },
    close() {},
  };
}

/** Null where the browser gives no stream that reads into given memory. */
function byteReaderOf(blob: Blob): ReadableStreamBYOBReader | null {
  try {
    return blob.stream().getReader({ mode: 'byob' });
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
