import type { Ambient } from '../ports.ts';

/**
 * Buffers of one size, used again and again: fresh memory costs page faults (about 2 ms per 8
 * MiB) and leaves garbage faster than it is collected.
 */
export interface BufferPool {
  take(): Uint8Array;
  give(buffer: Uint8Array): void;
}

/** Never holds more buffers than were taken at once. */
export function createBufferPool(
  bytesEach: number,
  ambient: Pick<Ambient, 'allocate'>,
): BufferPool {
  const free: Uint8Array[] = [];
  return {
    take: () => free.pop() ?? ambient.allocate(bytesEach),
    give: (buffer) => {
      free.push(buffer);
    },
  };
}
