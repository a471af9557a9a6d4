import { hash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { LARGE_SOURCE_BYTES, testComposing } from './composing-self-test.ts';
import { isEncrypted } from './encryption.ts';
import type { ObjectStore } from './object-store.ts';
import { SELF_TEST_PREFIX } from './probe-keys.ts';
import { createUploadSigner } from './s3-upload-signer.ts';
import type { StoreAbilities } from './store-abilities.ts';
import { createStoreAgent } from './store-agent.ts';
import type { StoreSettings } from './store-settings.ts';
import type { PinningMode, SignedRequest } from './upload-signer.ts';

/** The modes to try, most widely honoured first. */
const CANDIDATES = ['sha256-checksum', 'content-sha256'] as const satisfies PinningMode[];

const PROBE_MILLISECONDS = 15_000;

/**
 * Finds out by trying what no document says reliably: how this store can be made to refuse other
 * bytes than announced, whether it keeps `If-None-Match: *`, and what it composes. A store that
 * lets a URL overwrite an object is refused, since a leaked or repeated URL could then change
 * complete files; so is one that doesn't encrypt though it is told to.
 */
export async function testStore(
  store: ObjectStore,
  settings: StoreSettings,
  now: () => Date,
): Promise<StoreAbilities> {
  const prefix = `${SELF_TEST_PREFIX}${randomBytes(16).toString('hex')}`;
  const keys = { small: `${prefix}/small`, large: `${prefix}/large`, target: `${prefix}/target` };
  const tried: string[] = Object.values(keys);
  const put: PutProbe = (request) => {
    tried.push(request.key);
    return putProbe({ ...request, settings, now });
  };
  try {
    const right = randomBytes(64);
    const stored = await put({ key: keys.small, body: right, announced: right, mode: 'none' });
    if (stored !== 200) throw new Error(`The store refuses presigned uploads (${stored}).`);
    const wrong = randomBytes(64);
    const again = await put({ key: keys.small, body: wrong, announced: wrong, mode: 'none' });
    if (again < 400 || again >= 500) {
      throw new Error('The store ignores If-None-Match: a URL could overwrite what is complete.');
    }
    const pinning = await testPinning(store, `${prefix}/pinned`, put);
    const large = Buffer.alloc(LARGE_SOURCE_BYTES);
    const hasLarge = await put({ key: keys.large, body: large, announced: large, mode: 'none' });
    const composing = hasLarge === 200 ? await testComposing(store, keys) : null;
    return { pinning, composing };
  } finally {
    await store.remove([...new Set(tried)]);
  }
}

/** Finds the mode in which wrong bytes are refused and leave nothing, and right ones are taken. */
export async function testPinning(
  store: ObjectStore,
  prefix: string,
  put: PutProbe,
): Promise<PinningMode> {
  const announced = randomBytes(64);
  const wrong = randomBytes(64);
  for (const mode of CANDIDATES) {
    const refused = await put({ key: `${prefix}/wrong-${mode}`, body: wrong, announced, mode });
    const absent = (await store.head(`${prefix}/wrong-${mode}`)) === null;
    const right = { key: `${prefix}/right-${mode}`, body: announced, announced, mode };
    const accepted = await put(right);
    if (refused >= 400 && refused < 500 && absent && accepted === 200) return mode;
  }
  return 'none';
}

/** PUTs by a presigned URL and answers the status. */
export type PutProbe = (request: Omit<Probe, 'settings' | 'now'>) => Promise<number>;

interface Probe {
  readonly key: string;
  readonly body: Uint8Array;
  /** What the URL says that the body is. */
  readonly announced: Uint8Array;
  readonly mode: PinningMode;
  readonly settings: StoreSettings;
  readonly now: () => Date;
}

async function putProbe(probe: Probe): Promise<number> {
  const { key, body, announced, mode, settings, now } = probe;
  const { endpoint } = settings;
  const signer = createUploadSigner(settings, { pinning: mode, now, endpoint });
  const mimeType = 'application/octet-stream';
  const sha256 = hash('sha256', announced);
  const request = signer.putObject({ key, size: body.length, sha256, mimeType });
  const { status, answer } = await send(request, body, settings);
  if (status === 200 && !isEncrypted(answer, settings)) {
    throw new Error(`The store does not encrypt as S3_SSE=${settings.sse} asks it to.`);
  }
  return status;
}

/** Over the server's own way to the store: its certificate may be for the public name alone. */
async function send(
  request: SignedRequest,
  body: Uint8Array,
  settings: StoreSettings,
): Promise<{ readonly status: number; readonly answer: IncomingHttpHeaders }> {
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
      const { statusCode: status = 0, headers: answer } = incoming;
      incoming.once('end', () => resolve({ status, answer }));
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
