import type { File as StoredFile } from '@valise/core/wire';
import { useCallback } from 'react';
import { errorText } from '../design/error-text.ts';
import { useToast } from '../design/toasts.tsx';
import { api } from '../session/browser-api.ts';
import { endIfSessionOver } from '../session/session-over.ts';
import { startDownload } from './start-download.ts';

/** One file comes by its signed URL; several, and folders, as one archive made here. */
export function useDownloads(): (files: readonly StoredFile[]) => void {
  const toast = useToast();
  return useCallback(
    (files) => {
      download(files).catch((error: unknown) => {
        endIfSessionOver(error);
        toast({ kind: 'error', text: errorText(error) });
      });
    },
    [toast],
  );
}

async function download(files: readonly StoredFile[]): Promise<void> {
  const [first] = files;
  if (files.length === 1 && first?.kind === 'file') {
    const { downloadUrl } = await api.downloads.detail(first.id);
    if (downloadUrl !== null) startDownload(downloadUrl);
    return;
  }
  const { downloadArchive } = await import('./download-archive.ts');
  await downloadArchive(files);
}
