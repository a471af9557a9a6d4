import type { File as StoredFile } from '@valise/core/wire';
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { TransfersSnapshot } from './transfer-store.ts';
import type { UploadClient } from './upload-client.ts';

export interface Uploads {
  readonly client: UploadClient;
  /** Must be called while the drop is being handled. */
  addDropped(transfer: DataTransfer, parentId: string | null): Promise<void>;
  addFiles(files: readonly File[], parentId: string | null): Promise<void>;
  /** The next version of a file that may lie in a folder which this person can't see. */
  addVersion(file: File, of: StoredFile): Promise<void>;
}

export const UploadsContext = createContext<Uploads | null>(null);

export function useUploads(): Uploads {
  const uploads = useContext(UploadsContext);
  if (uploads === null) throw new Error('Uploads are for who is signed in.');
  return uploads;
}

export function useTransfers(): TransfersSnapshot {
  const { store } = useUploads().client;
  return useSyncExternalStore(store.subscribe, store.snapshot);
}
