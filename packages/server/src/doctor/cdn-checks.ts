import { randomBytes } from 'node:crypto';
import type { SignedCdn } from '../cdn/cdn-settings.ts';
import { createDownloadSigner } from '../cdn/create-download-signer.ts';
import { createEdgePurger } from '../cdn/edge-purger.ts';
import { unreadable } from './browser.ts';
import { checkCookies } from './cookie-check.ts';
import { type Finding, type Findings, failed, ok, skipped } from './finding.ts';
import { linkFault, rangeFault } from './link-fault.ts';
import { faultText, probe } from './probe-request.ts';
import { PROBE_TYPE, putProbe, type StoreVisit } from './store-visit.ts';

const PROBE_BYTES = 100_000;
/** Twice as long as a link lives. */
const PAST_LIFE_MS = 10 * 60_000;
/** Several machines may stand behind the address, each with a cache of its own. */
const READS = 4;
const REST = ['tamper', 'expired', 'range', 'cors', 'cache', 'purge'];

interface CdnVisit {
  readonly visit: StoreVisit;
  readonly cdn: SignedCdn;
  readonly key: string;
  readonly content: Buffer;
  link(ageMs?: number): string;
}

/** Links to a probe as readers use them, right and wrong ones. */
export async function* cdnChecks(visit: StoreVisit): Findings {
  const { cdn } = visit.patient;
  if (cdn.driver === 'store') {
    yield ok('cdn', 'CDN=store: readers are sent to the store itself.');
    return;
  }
  const key = visit.keyOf(30);
  const content = randomBytes(PROBE_BYTES);
  await putProbe(visit, { key, body: content });
  const target = { key, name: 'probe.bin', mimeType: PROBE_TYPE, size: PROBE_BYTES };
  const link = (ageMs = 0) => {
    const now = () => new Date(visit.patient.now().getTime() - ageMs);
    return createDownloadSigner(cdn, visit.settings, now).sign(target).url;
  };
  const all: CdnVisit = { visit, cdn, key, content, link };
  const signed = await checkSigned(all);
  yield signed;
  if (signed.state === 'failed') {
    for (const check of REST) yield skipped(`cdn.${check}`, 'Signed links are not served.');
    return;
  }
  yield await checkTampered(all);
  yield await checkExpired(all);
  yield await checkRange(all);
  yield await checkPages(all);
  yield await checkCache(all);
  yield await checkPurge(all);
  const cookies = await checkCookies(visit, cdn);
  if (cookies !== null) yield cookies;
}

/** What a refusal of a right link most likely comes from. */
function mendOf(status: number, cdn: SignedCdn): string {
  const isEdge = cdn.driver === 'edge';
  if (status === 410) return 'Set the clocks: timedatectl set-ntp true, here and at the edge.';
  if (status === 403 && isEdge) {
    return `Give the server and every edge the same CDN_KEY under the same CDN_KEY_ID (${cdn.keyId}), and start the edges again: npm run edge`;
  }
  if (status === 403) {
    return `CDN_KEY must be the private key to the public key ${cdn.keyId} (CDN_KEY_ID) in a key group that the distribution's behaviour trusts; the bucket must let the distribution read (origin access control).`;
  }
  return isEdge
    ? 'Give the edge S3_ENDPOINT, S3_BUCKET and keys that may read (docs/cdn.md), and look at its log: npm run edge'
    : "Set the distribution's origin to the bucket, and pass response-content-disposition and response-content-type on (docs/cdn.md).";
}

async function checkSigned({ cdn, link, content }: CdnVisit): Promise<Finding> {
  const url = link();
  try {
    const { status } = await probe(url);
    const fault = await linkFault(url, content);
    if (fault === null) return ok('cdn', `${cdn.url} serves signed links under name and type.`);
    return failed('cdn', `A signed link at ${cdn.url}: ${fault}.`, mendOf(status, cdn));
  } catch (error) {
    const start = cdn.driver === 'edge' ? 'Start the edge (npm run edge), and set' : 'Set';
    return failed(
      'cdn',
      `Nobody answers at ${cdn.url}: ${faultText(error)}.`,
      `${start} CDN_URL to where readers reach it: curl -i ${cdn.url}`,
    );
  }
}

async function checkTampered({ cdn, key, link }: CdnVisit): Promise<Finding> {
  const url = link();
  const last = url.at(-1) === '0' ? '1' : '0';
  const attempts = {
    'an altered signature': cdn.driver === 'edge' ? url.slice(0, -1) + last : alterSignature(url),
    'another key': url.replace(/\/30\?/, '/31?'),
    'no signature': `${cdn.url}/${key}`,
  };
  const served: string[] = [];
  for (const [what, one] of Object.entries(attempts)) {
    if ((await probe(one)).status < 400) served.push(what);
  }
  if (served.length === 0) return ok('cdn.tamper', 'Altered links and bare keys are refused.');
  return failed(
    'cdn.tamper',
    `${cdn.url} serves links with ${served.join(', ')}.`,
    cdn.driver === 'edge'
      ? 'CDN_URL must lead to edges that npm run edge started, with nothing before them that caches.'
      : "Restrict viewer access to the key group in the distribution's behaviour for v1/*.",
  );
}

function alterSignature(url: string): string {
  return url.replace(
    /(Signature=)(.)/,
    (_all, name, first) => `${name}${first === 'A' ? 'B' : 'A'}`,
  );
}

async function checkExpired({ cdn, link }: CdnVisit): Promise<Finding> {
  const { status } = await probe(link(PAST_LIFE_MS));
  if (status === 403 || status === 410) return ok('cdn.expired', 'Expired links are refused.');
  return failed(
    'cdn.expired',
    `An expired link answers ${status}.`,
    `Set the clock of ${cdn.url}: timedatectl set-ntp true; nothing before it may cache whole links.`,
  );
}

async function checkRange({ link, content, cdn }: CdnVisit): Promise<Finding> {
  const fault = await rangeFault(link(), content);
  if (fault === null) return ok('cdn.range', 'Ranges are served.');
  const mend = `Nothing before ${cdn.url} may take Range away from requests.`;
  return failed('cdn.range', `At ${cdn.url}, ${fault}.`, mend);
}

async function checkPages({ visit, cdn, link }: CdnVisit): Promise<Finding> {
  const { origin } = new URL(visit.patient.url);
  const answer = await probe(link(), { headers: { origin, range: 'bytes=0-9' } });
  const fault = unreadable(answer, origin, ['Content-Range']);
  if (fault === null) return ok('cdn.cors', `Pages of ${origin} may read what it serves.`);
  return failed(
    'cdn.cors',
    `Pages of ${origin} may not read what ${cdn.url} serves: ${fault}.`,
    cdn.driver === 'edge'
      ? 'Let what stands before the edge pass Access-Control headers.'
      : 'Give the behaviour a response headers policy with CORS: any origin, GET and HEAD, exposing Content-Range and ETag.',
  );
}

/** What the store has lost is still served by whoever kept it. */
async function checkCache({ visit, cdn, key, link, content }: CdnVisit): Promise<Finding> {
  for (let read = 0; read < READS; read += 1) await probe(link());
  await visit.store.remove([key]);
  for (let read = 0; read < READS; read += 1) {
    const { status, body } = await probe(link());
    if (status === 200 && body.equals(content)) {
      return ok('cdn.cache', 'A second reader costs the store nothing.');
    }
  }
  return failed(
    'cdn.cache',
    `${cdn.url} asks the store again for what it has served.`,
    cdn.driver === 'edge'
      ? 'VALISE_EDGE_CACHE must be a folder that nginx may write to, with room (VALISE_EDGE_CACHE_SIZE).'
      : 'Give the behaviour a cache policy that keeps objects, with only response-content-disposition and response-content-type in its key.',
  );
}

async function checkPurge({ visit, cdn, key, link }: CdnVisit): Promise<Finding> {
  if (cdn.driver !== 'edge') {
    return skipped(
      'cdn.purge',
      'CloudFront keeps what is deleted, unreachable, until it ages out.',
    );
  }
  const mend = `Set CDN_PURGE_URLS to the addresses of all edges (now: ${cdn.purgeUrls.join(', ')}).`;
  try {
    const purger = createEdgePurger(cdn, visit.patient.now);
    await purger.purge([{ key, size: PROBE_BYTES }]);
  } catch (error) {
    return failed('cdn.purge', `Edges don't take orders to forget: ${faultText(error)}.`, mend);
  }
  for (let read = 0; read < READS; read += 1) {
    if ((await probe(link())).status === 200) {
      return failed('cdn.purge', 'An edge still serves what is deleted for good.', mend);
    }
  }
  return ok('cdn.purge', 'Edges forget what is deleted for good.');
}
