import type { ContentEncoding } from '@valise/core/wire';
import type { CdnSettings } from '../cdn/cdn-settings.ts';
import { createDownloadCookies } from '../cdn/create-download-cookies.ts';
import { createDownloadSigner } from '../cdn/create-download-signer.ts';
import type { DownloadCookies } from '../cdn/download-cookies.ts';
import type { DownloadSigner } from '../cdn/download-signer.ts';
import { type CdnPurger, createEdgePurger } from '../cdn/edge-purger.ts';
import { ensureBucket } from './bucket-setup.ts';
import { circuitS3Caller } from './circuit-s3-caller.ts';
import { createHttpS3Caller } from './http-s3-caller.ts';
import type { ObjectStore } from './object-store.ts';
import { removeOldProbes } from './remove-old-probes.ts';
import { retryingS3Caller } from './retrying-s3-caller.ts';
import { createS3ObjectStore } from './s3-object-store.ts';
import { createS3StoreInventory } from './s3-store-inventory.ts';
import { createUploadSigner } from './s3-upload-signer.ts';
import type { StoreAbilities } from './store-abilities.ts';
import type { StoreInventory } from './store-inventory.ts';
import { testStore } from './store-self-test.ts';
import type { StoreSettings } from './store-settings.ts';
import type { UploadSigner } from './upload-signer.ts';

/** Everything the server needs of the object store. */
export interface Storage {
  readonly bucket: string;
  readonly store: ObjectStore;
  readonly uploads: UploadSigner;
  readonly downloads: DownloadSigner;
  /** null where none are made. */
  readonly cookies: DownloadCookies | null;
  /** null where nobody keeps copies, or none that could be told. */
  readonly purger: CdnPurger | null;
  readonly abilities: StoreAbilities;
  /** All that the bucket holds, for who looks after it. */
  readonly inventory: StoreInventory;
  /** In which contents may be stored, because whoever can't read them so is given them decoded. */
  readonly contentEncodings: readonly ContentEncoding[];
  close(): void;
}

/**
 * Connects to the store, makes its bucket where there is none and tries what it can do (about
 * twenty requests, one of them of 5 MiB; what killed ones left an hour ago goes). Throws `store-unavailable` when it doesn't answer, and a
 * plain Error when it lacks what our promises rest on.
 */
export async function createStorage(
  settings: StoreSettings,
  {
    cdn = { driver: 'store' },
    now = () => new Date(),
  }: { readonly cdn?: CdnSettings; readonly now?: () => Date } = {},
): Promise<Storage> {
  const caller = circuitS3Caller(retryingS3Caller(createHttpS3Caller(settings, now)));
  try {
    const store = createS3ObjectStore(caller, settings);
    await ensureBucket(caller, settings);
    const abilities = await testStore(store, settings, now);
    const inventory = createS3StoreInventory(caller);
    await removeOldProbes(store, inventory, now());
    return {
      bucket: settings.bucket,
      store,
      uploads: createUploadSigner(settings, { pinning: abilities.pinning, now }),
      downloads: createDownloadSigner(cdn, settings, now),
      cookies: createDownloadCookies(cdn, now),
      purger: cdn.driver === 'edge' ? createEdgePurger(cdn, now) : null,
      abilities,
      inventory,
      contentEncodings: cdn.driver === 'edge' ? ['gzip'] : [],
      close: () => caller.close(),
    };
  } catch (error) {
    caller.close();
    throw error;
  }
}
