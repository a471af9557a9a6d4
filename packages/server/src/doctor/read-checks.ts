import { createStoreDownloadSigner } from '../cdn/store-download-signer.ts';
import { type Finding, type Findings, failed, ok } from './finding.ts';
import { linkFault, rangeFault } from './link-fault.ts';
import { probe } from './probe-request.ts';
import { PROBE_TYPE, type StoreVisit } from './store-visit.ts';

/** Reading the probe at `key` with a presigned URL, and without any. */
export async function* readChecks(
  visit: StoreVisit,
  { key, body }: { readonly key: string; readonly body: Buffer },
): Findings {
  const { settings, patient, publicSetting } = visit;
  const signer = createStoreDownloadSigner(settings, patient.now);
  const { url } = signer.sign({ key, name: 'probe.bin', mimeType: PROBE_TYPE, size: body.length });
  const fault = (await linkFault(url, body)) ?? (await rangeFault(url, body));
  yield fault === null
    ? ok('store.get', 'A presigned URL serves the whole and ranges, under name and type.')
    : failed(
        'store.get',
        `A presigned GET at ${settings.publicEndpoint}: ${fault}.`,
        `Allow the account s3:GetObject; let proxies at ${publicSetting} pass path, query, Host and Range as they are.`,
      );
  yield await checkPrivate(visit, url);
}

async function checkPrivate({ settings }: StoreVisit, url: string): Promise<Finding> {
  const bare = new URL(url);
  bare.search = '';
  const read = await probe(bare.href);
  bare.pathname = bare.pathname.replace(/v1\/.*$/, '');
  bare.search = '?list-type=2';
  const listed = await probe(bare.href);
  const open = [
    ...(read.status < 400 ? ['read its objects'] : []),
    ...(listed.status < 400 ? ['list its keys'] : []),
  ];
  if (open.length === 0) return ok('store.private', 'Without a signature nothing is told.');
  return failed(
    'store.private',
    `Anybody may ${open.join(' and ')} in ${settings.bucket}.`,
    `Make the bucket private: aws s3api delete-bucket-policy --bucket ${settings.bucket} --endpoint-url ${settings.endpoint}; aws s3api put-bucket-acl --acl private --bucket ${settings.bucket} --endpoint-url ${settings.endpoint}`,
  );
}
