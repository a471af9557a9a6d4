import { randomBytes } from 'node:crypto';
import type { SignedCdn } from '../cdn/cdn-settings.ts';
import { createDownloadCookies } from '../cdn/create-download-cookies.ts';
import { batchPrefix } from '../uploads/object-keys.ts';
import { unreadable } from './browser.ts';
import { type Finding, failed, ok } from './finding.ts';
import { type ProbeAnswer, probe } from './probe-request.ts';
import { putProbe, type StoreVisit } from './store-visit.ts';

const CHECK = 'cdn.cookies';
const PROBE_BYTES = 100;

/** Whether cookies open what they are for, to be saved and to our pages; null where none are made. */
export async function checkCookies(visit: StoreVisit, cdn: SignedCdn): Promise<Finding | null> {
  const cookies = createDownloadCookies(cdn, visit.patient.now);
  if (cookies === null) return null;
  const key = visit.keyOf(301);
  const content = randomBytes(PROBE_BYTES);
  await putProbe(visit, { key, body: content });
  const { headers } = cookies.sign(batchPrefix(key), {});
  const { origin } = new URL(visit.patient.url);
  const cookie = headers.map((header) => header.slice(0, header.indexOf(';'))).join('; ');
  const url = cookies.urlOf(key);
  const answer = await probe(url, { headers: { origin, cookie } });
  const fault = await faultOf(answer, { url, origin, cookie, content });
  if (fault === null) return ok(CHECK, `Cookies for ${cdn.cookieDomain} open what they are for.`);
  return failed(CHECK, `Cookies at ${cdn.url}: ${fault.says}.`, `${fault.mend} (docs/cdn.md).`);
}

interface Fault {
  readonly says: string;
  readonly mend: string;
}

async function faultOf(
  answer: ProbeAnswer,
  about: {
    readonly url: string;
    readonly origin: string;
    readonly cookie: string;
    readonly content: Buffer;
  },
): Promise<Fault | null> {
  const { url, origin, cookie, content } = about;
  if (answer.status !== 200 || !answer.body.equals(content)) {
    return {
      says: `what they are for answers ${answer.status}`,
      mend: "The behaviour for v1/* must restrict viewer access to CDN_KEY_ID's key group, and nothing before it take cookies away",
    };
  }
  const { status } = await probe(`${url}?response-content-type=text%2Fhtml`, {
    headers: { cookie },
  });
  if (status < 400) {
    return {
      says: 'they open URLs that were changed',
      mend: 'CDN_URL must lead to CloudFront itself, with nothing before it that serves by path',
    };
  }
  if (!/^attachment/i.test(answer.headers['content-disposition'] ?? '')) {
    return {
      says: 'files would be shown instead of saved',
      mend: "Give the behaviour's response headers policy Content-Disposition: attachment, not overriding the origin's",
    };
  }
  const refused = unreadable(answer, origin, []);
  const isWelcome = answer.headers['access-control-allow-credentials'] === 'true';
  if (refused === null && isWelcome && answer.headers['access-control-allow-origin'] === origin) {
    return null;
  }
  return {
    says: refused ?? `pages of ${origin} may not send cookies`,
    mend: `Have the response headers policy allow the origin ${origin} by name, with credentials (Access-Control-Allow-Credentials: true), instead of any`,
  };
}
