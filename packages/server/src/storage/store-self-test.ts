import { hash, randomBytes } from 'node:crypto';
import type { ObjectStore } from './object-store.ts';
import { createUploadSigner } from './s3-upload-signer.ts';
import { createStoreAgent } from './store-agent.ts';
import type { StoreSettings } from './store-settings.ts';
import type { PinningMode, SignedRequest } from './upload-signer.ts';

/** The modes to try, most widely honoured first. */
const CANDIDATES = ['sha256-checksum', 'content-sha256'] as const satisfies PinningMode[];

const PROBE_MILLISECONDS = 15_000;

/**
 * Finds out by trying what no document says reliably: how this store can be made to refuse other
 * bytes than announced, and whether it keeps `If-None-Match: *`. A store that lets a URL overwrite
 * an object is refused, since a leaked or repeated URL could then change complete files.
 */
export async function testStore(
  store: ObjectStore,
  settings: StoreSettings,
  now: () => Date,
): Promise<{ readonly pinning: PinningMode }> {
  const prefix = `selftest/${randomBytes(16).toString('hex')}`;
  const right = randomBytes(64);
  const wrong = randomBytes(64);
  const tried: string[] = [];

  async function put(mode: PinningMode, key: string, body: Uint8Array): Promise<number> {
    const signer = createUploadSigner(settings, {
      pinning: mode,
      now,
      endpoint: settings.endpoint,
    });
    tried.push(key);
    const sha256 = hash('sha256', right);
    const mimeType = 'application/octet-stream';
    return await send(
      signer.putObject({ key, size: body.length, sha256, mimeType }),
      body,
      settings,
    );
  }

  try {
    const first = `${prefix}/plain`;
    const stored = await put('none', first, right);
    if (stored !== 200) throw new Error(`The store refuses presigned uploads (${stored}).`);
    const again = await put('none', first, wrong);
    if (again < 400 || again >= 500) {
      throw new Error('The store ignores If-None-Match: a URL could overwrite what is complete.');
    }
    for (const mode of CANDIDATES) {
      const refused = await put(mode, `${prefix}/wrong-${mode}`, wrong);
      const absent = (await store.head(`${prefix}/wrong-${mode}`)) === null;
      const accepted = await put(mode, `${prefix}/right-${mode}`, right);
      if (refused >= 400 && refused < 500 && absent && accepted === 200) return { pinning: mode };
    }
    return { pinning: 'none' };
  } finally {
    await store.remove(tried);
  }
}

/** Over the server's own way to the store: its certificate may be for the public name alone. */
async function send(
  request: SignedRequest,
  body: Uint8Array,
  settings: StoreSettings,
): Promise<number> {
  const { agent, send: open } = createStoreAgent(settings, { keepAlive: false });
  const { method, headers, url } = request;
  const signal = AbortSignal.timeout(PROBE_MILLISECONDS);
  return new Promise((resolve, reject) => {
    const options = {
      method,
      agent,
      signal,
      headers: { ...headers, 'content-length': body.length },
    };
    const outgoing = open(url, options, (incoming) => {
      incoming.resume().once('error', reject);
      incoming.once('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
