import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { File } from '@valise/core/wire';
import { lazy, Suspense, useMemo, useState } from 'react';
import { EmptyState } from '../design/empty-state.tsx';
import { IconFolder, IconUpload } from '../design/icons.ts';
import { useUploads } from '../transfers/use-uploads.ts';
import { mayAddTo } from './abilities.ts';
import { ancestorsQuery } from './ancestors.ts';
import { Breadcrumb } from './breadcrumb.tsx';
import { FOLDER_COLUMNS } from './columns.tsx';
import { DropZone } from './drop-zone.tsx';
import type { FolderTarget } from './file-actions.ts';
import { FileView } from './file-view.tsx';
import classes from './folder-page.module.css';
import { folderQuery } from './folder-query.ts';
import { FolderToolbar } from './folder-toolbar.tsx';
import { BY_NAME, sortFiles } from './sort-files.ts';
import { useFileActions } from './use-file-actions.ts';
import { useRowDrag } from './use-row-drag.ts';
import { useSelection } from './use-selection.ts';

const NameDialog = lazy(() =>
  import('./name-dialog.tsx').then((module) => ({ default: module.NameDialog })),
);

const NONE: readonly File[] = [];

/** One folder of the person's own, or of what was shared with them. */
export function FolderPage() {
  const { folderId = null } = useParams({ strict: false }) as { folderId?: string };
  // Another folder is another page: selection, sorting and scroll position start anew.
  return <Folder key={folderId ?? 'root'} folderId={folderId} />;
}

function Folder({ folderId }: { readonly folderId: string | null }) {
  const content = useQuery(folderQuery(folderId));
  const way = useQuery(ancestorsQuery(folderId));
  const uploads = useUploads();
  const actions = useFileActions();
  const [sorting, setSorting] = useState(BY_NAME);
  const [naming, setNaming] = useState(false);
  const items = content.data?.items ?? NONE;
  const files = useMemo(
    () =>
      sortFiles(
        items.filter(({ status }) => status === 'uploaded'),
        sorting,
      ),
    [items, sorting],
  );
  const [selection, select] = useSelection(files);
  const folder = way.data?.at(-1) ?? null;
  const mayAdd = folderId === null || (folder !== null && mayAddTo(folder));
  const here: FolderTarget = { id: folderId, name: folder?.name ?? 'Files' };
  const drag = useRowDrag(
    useMemo(
      () => ({
        files,
        chosen: selection.chosen,
        enabled: mayAdd,
        onMove: (moved: readonly File[], target: FolderTarget) => void actions.move(moved, target),
        onUpload: (transfer: DataTransfer, target: FolderTarget) =>
          void uploads.addDropped(transfer, target.id),
      }),
      [files, selection.chosen, mayAdd, actions, uploads],
    ),
  );

  return (
    <DropZone
      enabled={mayAdd}
      name={here.name}
      onDrop={(transfer) => void uploads.addDropped(transfer, folderId)}
      onPaste={(pasted) => void uploads.addFiles(pasted, folderId)}
    >
      <title>{`${here.name} · Valise`}</title>
      <FileView
        here={folderId}
        label={here.name}
        files={files}
        columns={FOLDER_COLUMNS}
        complete={content.data?.complete ?? false}
        query={content}
        sorting={sorting}
        onSort={setSorting}
        selection={selection}
        onSelect={select}
        drag={drag}
        head={
          <div className={classes.head}>
            <Breadcrumb way={way.data ?? NONE} drag={drag} />
            {mayAdd && (
              <FolderToolbar
                onNewFolder={() => setNaming(true)}
                onFiles={(chosen) => void uploads.addFiles(chosen, folderId)}
              />
            )}
          </div>
        }
        empty={mayAdd ? <EmptyToFill isRoot={folderId === null} /> : <EmptyToSee />}
      />
      {naming && (
        <Suspense>
          <NameDialog
            title="New folder"
            button="Create"
            initial="New folder"
            onClose={() => setNaming(false)}
            onName={(name) => actions.createFolder(name, folderId)}
          />
        </Suspense>
      )}
    </DropZone>
  );
}

function EmptyToFill({ isRoot }: { readonly isRoot: boolean }) {
  return (
    <EmptyState
      Icon={IconUpload}
      title={isRoot ? 'Put your first files in' : 'This folder is empty'}
    >
      <p>
        Drop files or whole folders here, paste them, or use the button above. Large ones go on
        where they were, whatever interrupts them.
      </p>
    </EmptyState>
  );
}

function EmptyToSee() {
  return (
    <EmptyState Icon={IconFolder} title="This folder is empty">
      <p>Its owner hasn’t put anything in yet.</p>
    </EmptyState>
  );
}
