import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useMemo, useState } from 'react';
import { chosenFiles, readDropped } from './dropped-files.ts';
import { isActive } from './protocol.ts';
import { type Clashes, UploadClient } from './upload-client.ts';
import { type Uploads, UploadsContext } from './use-uploads.ts';

const ClashDialog = lazy(() =>
  import('./clash-dialog.tsx').then((module) => ({ default: module.ClashDialog })),
);

/** Holds the transfer worker for as long as somebody is signed in. */
export function UploadsProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const router = useRouter();
  const [clashes, setClashes] = useState<readonly Clashes[]>([]);
  const [uploadClient] = useState(
    () =>
      new UploadClient({
        client,
        onClashes: (found) => setClashes((open) => [...open, found]),
        onSessionOver: () => {
          const next = router.state.location.href;
          void router.navigate({ to: '/sign-in', search: { ended: true, next } });
        },
      }),
  );
  useEffect(() => () => uploadClient.close(), [uploadClient]);
  useWarnBeforeLeaving(uploadClient);
  const uploads = useMemo<Uploads>(
    () => ({
      client: uploadClient,
      async addDropped(transfer, parentId) {
        await uploadClient.add({ parentId, ...(await readDropped(transfer)) });
      },
      addFiles: (files, parentId) => uploadClient.add({ parentId, ...chosenFiles(files) }),
      async addVersion(file, { id: fileId, name, version }) {
        const replaces = { fileId, name, version };
        await uploadClient.add({ parentId: null, replaces, ...chosenFiles([file]) });
      },
    }),
    [uploadClient],
  );
  const [first] = clashes;
  return (
    <UploadsContext value={uploads}>
      {children}
      {first !== undefined && (
        <Suspense>
          <ClashDialog
            clashes={first}
            onChoose={(choice) => {
              uploadClient.choose(first.batchId, choice);
              setClashes((open) => open.slice(1));
            }}
          />
        </Suspense>
      )}
    </UploadsContext>
  );
}

/** Closing the page stops what is under way: the browser asks first. */
function useWarnBeforeLeaving({ store }: UploadClient): void {
  useEffect(() => {
    const warn = (event: BeforeUnloadEvent) => {
      if (store.snapshot().all.some(isActive)) event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [store]);
}
