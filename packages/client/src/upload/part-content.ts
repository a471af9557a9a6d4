import { formatChunkId } from '@valise/core/chunking';
import type { PartRequest } from '@valise/core/wire';
import type { Ambient, ByteRange, ContentSource } from '../ports.ts';
import type { BufferPool } from '../transfer/buffer-pool.ts';

/** Where the parts' bytes come from. */
export interface PartReader extends Pick<ContentSource, 'unread'> {
  bufferSize(partSize: number): number;
  /** Checked: throws `content-changed` when the source isn't what was announced. */
  read(range: ByteRange, into: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

export interface PartContentDeps {
  readonly reader: PartReader;
  readonly buffers: BufferPool;
  readonly ambient: Pick<Ambient, 'sha256Each'>;
  readonly signal: AbortSignal;
}

/** One part's bytes on their way. */
export interface PartContent {
  /** `sha256:…` */
  hash(): Promise<string>;
  /** What is to be sent with this request; asked for at each try. */
  body(request: PartRequest): Promise<Uint8Array | Blob>;
  /** Once nothing is sent any more. */
  release(): void;
}

/**
 * A part is read and checked here before it is sent, with one exception: where the store itself
 * compares what arrives with a hash of checked bytes, the platform may read them while it sends
 * them, which spares a browser two copies. A try that failed may have failed because the file
 * changed; so the next one sends what was read and checked here.
 */
export function openPartContent(
  { reader, buffers, ambient, signal }: PartContentDeps,
  part: ByteRange,
  knownHash: string | null,
): PartContent {
  let buffer: Uint8Array | null = null;
  let bytes: Uint8Array | null = null;
  let tries = 0;
  const checked = async () => {
    buffer ??= buffers.take();
    bytes ??= await reader.read(part, buffer, signal);
    return bytes;
  };
  const hash = async () => {
    if (knownHash !== null) return knownHash;
    const whole = await checked();
    return formatChunkId(await ambient.sha256Each(whole, [whole.length]));
  };
  return {
    hash,
    async body(request) {
      const isFirst = tries++ === 0;
      if (isFirst && reader.unread !== undefined && isPinned(request, await hash())) {
        return reader.unread(part);
      }
      return checked();
    },
    release() {
      if (buffer !== null) buffers.give(buffer);
    },
  };
}

/** Whether the store refuses all other bytes than those of this hash. */
function isPinned({ headers }: PartRequest, hash: string): boolean {
  const hex = hash.replace(/^sha256:/, '');
  return (
    headers['x-amz-content-sha256'] === hex || headers['x-amz-checksum-sha256'] === base64(hex)
  );
}

function base64(hex: string): string {
  const bytes = hex.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
  return btoa(String.fromCharCode(...bytes));
}
