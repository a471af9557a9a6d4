import { randomBytes } from 'node:crypto';
import { allowBrowsers } from '../storage/bucket-setup.ts';
import type { PinningMode } from '../storage/upload-signer.ts';
import { preflight, unreadable } from './browser.ts';
import { type Finding, failed, fixed, ok } from './finding.ts';
import type { DoctorOptions } from './patient.ts';
import { putProbe, type StoreVisit, signPut } from './store-visit.ts';

const RULES = {
  CORSRules: [
    {
      AllowedOrigins: ['*'],
      AllowedMethods: ['PUT', 'GET', 'HEAD'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag', 'Content-Range', 'Accept-Ranges'],
      MaxAgeSeconds: 3600,
    },
  ],
};

/** Whether the web app's page may send content to the store. */
export async function checkCors(
  visit: StoreVisit,
  pinning: PinningMode,
  { fix }: DoctorOptions,
): Promise<Finding> {
  const { caller, settings, patient } = visit;
  const { origin } = new URL(patient.url);
  const fault = await pageFault(visit, { origin, pinning, n: 20 });
  if (fault === null) return ok('store.cors', `Pages of ${origin} may send content to the store.`);
  const says = `Pages of ${origin} may not send content to the store: ${fault}.`;
  const byHand = `aws s3api put-bucket-cors --bucket ${settings.bucket} --endpoint-url ${settings.endpoint} --cors-configuration '${JSON.stringify(RULES)}'`;
  if (!fix) return failed('store.cors', says, `valise doctor --fix, or: ${byHand}`);
  const { status } = await allowBrowsers(caller);
  const left = await pageFault(visit, { origin, pinning, n: 21 });
  if (left === null) return fixed('store.cors', `${says} Now they may.`);
  const refused =
    status === 200
      ? 'The rule is set; a proxy before the store must let OPTIONS and Access-Control headers pass'
      : `The store answers ${status} to a rule: allow the account s3:PutBucketCORS, or as its owner`;
  return failed('store.cors', says, `${refused}: ${byHand}`);
}

async function pageFault(
  visit: StoreVisit,
  how: { readonly origin: string; readonly pinning: PinningMode; readonly n: number },
): Promise<string | null> {
  const { origin, pinning, n } = how;
  const body = randomBytes(64);
  const key = visit.keyOf(n);
  const { url, headers } = signPut(visit, { key, announced: body, mode: pinning });
  const refused = await preflight({ url, origin, method: 'PUT', headers });
  if (refused !== null) return refused;
  const sent = await putProbe(visit, { key, body, mode: pinning, headers: { origin } });
  if (sent.status !== 200) return `a PUT with an Origin answers ${sent.status}`;
  return unreadable(sent, origin, ['ETag']);
}
