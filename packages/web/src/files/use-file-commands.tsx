import { useNavigate } from '@tanstack/react-router';
import type { File } from '@valise/core/wire';
import { lazy, type ReactNode, Suspense, useMemo, useState } from 'react';
import { useUploads } from '../transfers/use-uploads.ts';
import { useDownloads } from '../zip/use-downloads.ts';
import { pickFile } from './pick-file.ts';
import { useFileActions } from './use-file-actions.ts';

const FolderPicker = lazy(() =>
  import('./folder-picker.tsx').then((module) => ({ default: module.FolderPicker })),
);
const ShareDialog = lazy(() =>
  import('../sharing/share-dialog.tsx').then((module) => ({ default: module.ShareDialog })),
);

/** What a menu, a key or a button may ask for. Some of it asks back in a dialog. */
export interface FileCommands {
  open(file: File): void;
  /** Goes to the folder that it lies in. */
  reveal(file: File): void;
  download(files: readonly File[]): void;
  /** Asks for a file of this computer, which becomes its next version. */
  replace(file: File): void;
  share(file: File): void;
  rename(file: File): void;
  move(files: readonly File[]): void;
  copy(files: readonly File[]): void;
  details(file: File): void;
  remove(files: readonly File[]): void;
  /** Gives up what somebody shared. */
  leave(file: File): void;
}

type Dialog =
  | { readonly kind: 'move' | 'copy'; readonly files: readonly File[] }
  | { readonly kind: 'share'; readonly file: File };

export interface FileCommandsState {
  readonly commands: FileCommands;
  readonly dialogs: ReactNode;
  /** Whose name is being edited. */
  readonly renaming: string | null;
  onRenamed(file: File, name: string | null): void;
  readonly shown: File | null;
  hideDetails(): void;
}

export function useFileCommands(here: string | null): FileCommandsState {
  const actions = useFileActions();
  const navigate = useNavigate();
  const download = useDownloads();
  const uploads = useUploads();
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [renaming, setRenaming] = useState<string | null>(null);
  const [shown, setShown] = useState<File | null>(null);

  const commands = useMemo<FileCommands>(
    () => ({
      open(file) {
        if (file.kind === 'folder') {
          void navigate({ to: '/folder/$folderId', params: { folderId: file.id } });
        } else download([file]);
      },
      reveal({ parentId }) {
        if (parentId === null) void navigate({ to: '/' });
        else void navigate({ to: '/folder/$folderId', params: { folderId: parentId } });
      },
      download,
      replace: (file) => pickFile((chosen) => void uploads.addVersion(chosen, file)),
      share: (file) => setDialog({ kind: 'share', file }),
      rename: (file) => setRenaming(file.id),
      move: (files) => setDialog({ kind: 'move', files }),
      copy: (files) => setDialog({ kind: 'copy', files }),
      details: setShown,
      remove: (files) => void actions.remove(files),
      leave: (file) => void actions.leave(file),
    }),
    [actions, navigate, download, uploads],
  );
  return {
    commands,
    renaming,
    shown,
    hideDetails: () => setShown(null),
    onRenamed(file, name) {
      setRenaming(null);
      if (name !== null) void actions.rename(file, name);
    },
    dialogs: dialog !== null && (
      <Dialogs dialog={dialog} here={here} onClose={() => setDialog(null)} />
    ),
  };
}

interface DialogsProps {
  readonly dialog: Dialog;
  readonly here: string | null;
  onClose(): void;
}

function Dialogs({ dialog, here, onClose }: DialogsProps) {
  const actions = useFileActions();
  if (dialog.kind === 'share') {
    return (
      <Suspense>
        <ShareDialog file={dialog.file} onClose={onClose} />
      </Suspense>
    );
  }
  const isMove = dialog.kind === 'move';
  return (
    <Suspense>
      <FolderPicker
        title={isMove ? 'Move to another folder' : 'Copy to a folder'}
        button={isMove ? 'Move' : 'Copy'}
        start={here}
        files={dialog.files}
        onClose={onClose}
        onPick={(target) => {
          onClose();
          void (isMove ? actions.move(dialog.files, target) : actions.copy(dialog.files, target));
        }}
      />
    </Suspense>
  );
}
