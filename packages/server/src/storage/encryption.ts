import type { StoreSettings } from './store-settings.ts';

type Sse = Pick<StoreSettings, 'sse'>;

const HEADER = 'x-amz-server-side-encryption';

/** What asks the store to encrypt a new object. `aws:kms:ID` names the key to use. */
export function encryptionHeaders({ sse }: Sse): Record<string, string> {
  if (!sse) return {};
  const [, method = sse, keyId] = /^(aws:kms):(.+)$/.exec(sse) ?? [];
  return {
    [HEADER]: method,
    ...(keyId === undefined ? {} : { [`${HEADER}-aws-kms-key-id`]: keyId }),
  };
}

/** Whether an answer confirms what was asked for: a store that doesn't know the header ignores it. */
export function isEncrypted(
  answer: Readonly<Record<string, string | readonly string[] | undefined>>,
  settings: Sse,
): boolean {
  return !settings.sse || answer[HEADER] === encryptionHeaders(settings)[HEADER];
}
