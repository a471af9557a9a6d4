/** What the page tells of a download that it is going to make. */
export interface DownloadOffer {
  readonly type: 'offer';
  /** Part of the address; nobody can guess it. */
  readonly id: string;
  readonly name: string;
  /** Bytes, where they are known beforehand. */
  readonly size: number | null;
}

/** To the page: more is wanted, or nobody wants it any more. */
export type Wish = 'more' | 'enough';
/** To the service worker: a piece, the end, or the failure. */
export type Piece = Uint8Array | 'end' | 'failed';

export const DOWNLOADS = '/downloads/';

const offers = new Map<string, { readonly offer: DownloadOffer; readonly port: MessagePort }>();

export function offerDownload(message: unknown, port: MessagePort): void {
  if (!isOffer(message)) return;
  offers.set(message.id, { offer: message, port });
  port.postMessage('ready');
}

/** The answer to a request for an offered download; null for any other address. */
export function answerDownload({ pathname }: URL): Response | null {
  if (!pathname.startsWith(DOWNLOADS)) return null;
  const id = pathname.slice(DOWNLOADS.length).split('/')[0] ?? '';
  const offered = offers.get(id);
  if (offered === undefined) return null;
  offers.delete(id);
  const { offer, port } = offered;
  const name = encodeURIComponent(offer.name).replaceAll("'", '%27');
  return new Response(streamFrom(port), {
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${name}`,
      ...(offer.size === null ? {} : { 'content-length': String(offer.size) }),
      'content-security-policy': "default-src 'none'",
      'x-content-type-options': 'nosniff',
    },
  });
}

/** Pulls pieces through the port: one is asked for when there is room for it. */
function streamFrom(port: MessagePort): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      pull(controller) {
        const { promise, resolve } = Promise.withResolvers<void>();
        port.onmessage = ({ data }: MessageEvent<Piece>) => {
          if (data === 'end') controller.close();
          else if (data === 'failed') controller.error(new Error('The download broke off.'));
          else controller.enqueue(data);
          resolve();
        };
        port.postMessage('more' satisfies Wish);
        return promise;
      },
      cancel: () => port.postMessage('enough' satisfies Wish),
    },
    { highWaterMark: 0 },
  );
}

function isOffer(message: unknown): message is DownloadOffer {
  return (
    typeof message === 'object' && message !== null && 'type' in message && message.type === 'offer'
  );
}
