import { randomBytes } from 'node:crypto';
import { LARGE_SOURCE_BYTES, testComposing } from '../storage/composing-self-test.ts';
import { encryptionHeaders, isEncrypted } from '../storage/encryption.ts';
import { testPinning } from '../storage/store-self-test.ts';
import type { PinningMode } from '../storage/upload-signer.ts';
import { type Finding, type Findings, failed, ok, skipped, warning } from './finding.ts';
import { faultText, type ProbeAnswer } from './probe-request.ts';
import { putProbe, type StoreVisit } from './store-visit.ts';

const isRefused = ({ status }: Pick<ProbeAnswer, 'status'>) => status >= 400 && status < 500;

/** Longer than an upload URL lives. */
const PAST_LIFE_MS = 16 * 60_000;
const PROBE_BYTES = 64;
/** What is looked at once something can be put. */
const REST = ['list', 'overwrite', 'tamper', 'pinning', 'compose', 'delete'];

export interface KnownUploads {
  /** A probe that was put and stands there, by number; null where putting failed. */
  readonly key: string | null;
  readonly body: Buffer;
  readonly pinning: PinningMode;
}

/** Presigned PUTs as devices make them, right and wrong ones, and what the store makes of them. */
export async function* uploadChecks(visit: StoreVisit): Findings<KnownUploads> {
  const key = visit.keyOf(0);
  const body = randomBytes(PROBE_BYTES);
  const put = await checkPut(visit, key, body);
  yield put;
  const encryption = put.state === 'failed' ? null : await checkEncryption(visit);
  if (encryption !== null) yield encryption;
  if (encryption === null || encryption.state === 'failed') {
    const why = encryption === null ? 'Nothing can be put there.' : 'What is put is not encrypted.';
    for (const check of REST) yield skipped(`store.${check}`, why);
    return { key: null, body, pinning: 'none' };
  }
  yield await checkList(visit, key);
  yield await checkOverwrite(visit);
  yield await checkTampered(visit);
  const { finding, pinning } = await checkPinning(visit);
  yield finding;
  yield await checkComposing(visit);
  yield await checkDelete(visit);
  return { key, body, pinning };
}

async function checkPut(visit: StoreVisit, key: string, body: Buffer): Promise<Finding> {
  const { publicEndpoint } = visit.settings;
  const reach = `Set ${visit.publicSetting} to an address at which devices reach the store: curl -i ${publicEndpoint}`;
  try {
    const { status } = await putProbe(visit, { key, body });
    if (status === 200) {
      return ok('store.put', `A presigned URL takes ${PROBE_BYTES} bytes at ${publicEndpoint}.`);
    }
    const says = `A presigned PUT at ${publicEndpoint} answers ${status}.`;
    return failed('store.put', says, refusedPut(visit, status) ?? reach);
  } catch (error) {
    return failed('store.put', `${publicEndpoint} can't be reached: ${faultText(error)}.`, reach);
  }
}

function refusedPut({ settings }: StoreVisit, status: number): string | null {
  if (status === 403) {
    return (
      'A proxy before the store must pass path, query and Host header as they are; the account of ' +
      'S3_ACCESS_KEY_ID must be allowed s3:PutObject; clocks must agree (see clocks).'
    );
  }
  if (settings.sse === null || (status !== 400 && status !== 501)) return null;
  return `Unset S3_SSE=${settings.sse}, or use a store that encrypts so.`;
}

async function checkEncryption(visit: StoreVisit): Promise<Finding> {
  const { settings } = visit;
  if (settings.sse === null) {
    return skipped('store.encryption', 'S3_SSE is not set: the bucket decides.');
  }
  const key = visit.keyOf(1);
  await putProbe(visit, { key, body: randomBytes(PROBE_BYTES) });
  const head = await visit.caller.call({ method: 'HEAD', key });
  if (head.status === 200 && isEncrypted(head.headers, settings)) {
    return ok('store.encryption', `The store encrypts as S3_SSE=${settings.sse} asks it to.`);
  }
  const wanted = encryptionHeaders(settings)['x-amz-server-side-encryption'];
  return failed(
    'store.encryption',
    `The store does not say ${wanted} of what it was asked to encrypt.`,
    'Have the store encrypt (a key for it, or default encryption of the bucket), or unset S3_SSE.',
  );
}

async function checkList({ store }: StoreVisit, key: string): Promise<Finding> {
  const listed = await store.list(key);
  if (listed.some((object) => object.key === key && object.size === PROBE_BYTES)) {
    return ok('store.list', 'The store lists what was put.');
  }
  const mend =
    'S3_ENDPOINT and the address for devices must lead to one store and one bucket, which lists what ' +
    'it has at once.';
  return failed('store.list', 'What was put by the address for devices is not listed.', mend);
}

async function checkOverwrite(visit: StoreVisit): Promise<Finding> {
  const key = visit.keyOf(12);
  await putProbe(visit, { key, body: randomBytes(PROBE_BYTES) });
  const again = await putProbe(visit, { key, body: randomBytes(PROBE_BYTES) });
  if (isRefused(again)) return ok('store.overwrite', 'A URL changes nothing that is complete.');
  return failed(
    'store.overwrite',
    `A second PUT by the URL of a complete object answers ${again.status}.`,
    'The store, and any proxy before it, must heed If-None-Match: * in PutObject. Upgrade it, or use ' +
      'another (docs/stores.md): the server refuses to start on this one.',
  );
}

/** URLs that were changed, have expired, or are used for more than they were signed for. */
async function checkTampered(visit: StoreVisit): Promise<Finding> {
  const body = randomBytes(PROBE_BYTES);
  const attempts = {
    'an altered signature': { key: visit.keyOf(2), body, tamper: alterSignature },
    'another key': {
      key: visit.keyOf(3),
      body,
      tamper: (request: Tampered) => ({ ...request, url: request.url.replace(/\/3\?/, '/4?') }),
    },
    'more bytes than announced': {
      key: visit.keyOf(5),
      body: Buffer.concat([body, body]),
      announced: body,
    },
    'an expired URL': { key: visit.keyOf(6), body, ageMs: PAST_LIFE_MS },
  };
  visit.keyOf(4);
  const taken: string[] = [];
  for (const [what, attempt] of Object.entries(attempts)) {
    if (!isRefused(await putProbe(visit, attempt))) taken.push(what);
  }
  if (taken.length === 0) {
    return ok('store.tamper', 'Altered, expired and stretched upload URLs are refused.');
  }
  return failed(
    'store.tamper',
    `The store takes uploads with ${taken.join(', ')}.`,
    'The bucket must be private, and every request reach a store that checks signatures: remove ' +
      'policies that let anyone write, and proxies that sign by themselves.',
  );
}

type Tampered = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

function alterSignature({ url, headers }: Tampered): Tampered {
  const altered = url.replace(
    /(X-Amz-Signature=)(.)/,
    (_all, name, first) => `${name}${first === '0' ? '1' : '0'}`,
  );
  return { url: altered, headers };
}

async function checkPinning(
  visit: StoreVisit,
): Promise<{ readonly finding: Finding; readonly pinning: PinningMode }> {
  const pinning = await testPinning(visit.store, visit.keyOf(7), async (request) => {
    const { status } = await putProbe(visit, request);
    return status;
  });
  const says = 'wrong bytes under a presigned URL';
  const finding =
    pinning === 'none'
      ? failed(
          'store.pinning',
          `The store takes ${says}.`,
          'The store, and any proxy before it, must check x-amz-checksum-sha256 or ' +
            'x-amz-content-sha256 of presigned PUTs. Upgrade it, or use another (docs/stores.md); ' +
            'until then readers alone find such bytes.',
        )
      : ok('store.pinning', `The store refuses ${says} (${pinning}).`);
  return { finding, pinning };
}

async function checkComposing(visit: StoreVisit): Promise<Finding> {
  const [small, large, target] = [visit.keyOf(8), visit.keyOf(9), visit.keyOf(10)];
  await putProbe(visit, { key: small, body: randomBytes(PROBE_BYTES) });
  const { status } = await putProbe(visit, { key: large, body: Buffer.alloc(LARGE_SOURCE_BYTES) });
  if (status !== 200) {
    return failed(
      'store.compose',
      `A presigned PUT of 5 MiB answers ${status}.`,
      `Let proxies before ${visit.settings.publicEndpoint} pass bodies of 16 MiB and more (nginx: client_max_body_size 0; proxy_request_buffering off).`,
    );
  }
  const composing = await testComposing(visit.store, { small, large, target });
  if (composing === null || composing.equalPartsOnly) {
    return warning(
      'store.compose',
      'The store puts no objects together from pieces of others.',
      'Allow the account UploadPartCopy (s3:GetObject on the bucket), or use a store that has it ' +
        '(docs/stores.md); until then edits of large files travel whole.',
    );
  }
  const from = composing.minimumSource > 1 ? ' larger than 5 MiB' : '';
  return ok('store.compose', `The store puts objects together from ranges of others${from}.`);
}

async function checkDelete(visit: StoreVisit): Promise<Finding> {
  const key = visit.keyOf(11);
  await putProbe(visit, { key, body: randomBytes(PROBE_BYTES) });
  await visit.store.remove([key]);
  if ((await visit.store.head(key)) === null) return ok('store.delete', 'What is deleted is gone.');
  return failed(
    'store.delete',
    'What was deleted is still there.',
    'Allow the account of S3_ACCESS_KEY_ID s3:DeleteObject, and take object locks off the bucket.',
  );
}
