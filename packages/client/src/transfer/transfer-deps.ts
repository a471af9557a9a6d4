import type { ApiClient } from '../api/api-client.ts';
import type { Ambient, ContentHasher, Transport } from '../ports.ts';

/** What every transfer stands on. */
export interface TransferDeps {
  readonly api: ApiClient;
  /** For the store: other connections than the API's may be wise, the same are fine. */
  readonly transport: Transport;
  readonly ambient: Ambient;
  readonly hasher: ContentHasher;
}
