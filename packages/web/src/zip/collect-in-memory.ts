import type { Piece, Wish } from './offered-downloads.ts';

/** More than this would bring a browser down. */
export const IN_MEMORY_LIMIT = 1_000_000_000;

/** For pages that may have no service worker: gathers the archive and saves it in one piece. */
export async function collectInMemory(port: MessagePort, name: string): Promise<void> {
  const pieces: BlobPart[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const more = () => port.postMessage('more' satisfies Wish);
  port.onmessage = ({ data }: MessageEvent<Piece>) => {
    if (data === 'end') resolve();
    else if (data === 'failed') reject(new Error('The download broke off.'));
    else {
      pieces.push(data as Uint8Array<ArrayBuffer>);
      more();
    }
  };
  more();
  await promise;
  const url = URL.createObjectURL(new Blob(pieces, { type: 'application/zip' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
