import { useQuery } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { useMemo, useState } from 'react';
import { EmptyState } from '../design/empty-state.tsx';
import { IconShare } from '../design/icons.ts';
import { PageHead } from '../design/page-head.tsx';
import { FOLDER_COLUMNS } from '../files/columns.tsx';
import { FileView } from '../files/file-view.tsx';
import classes from '../files/folder-page.module.css';
import { BY_NAME, sortFiles } from '../files/sort-files.ts';
import { useSelection } from '../files/use-selection.ts';
import { SharedTabs } from './shared-tabs.tsx';
import { sharedByMeQuery } from './shares-query.ts';

const NONE: readonly File[] = [];

/** What this person lets others see, wherever it lies. */
export function SharedByMePage() {
  const shared = useQuery(sharedByMeQuery);
  const [sorting, setSorting] = useState(BY_NAME);
  const items = shared.data ?? NONE;
  const files = useMemo(() => sortFiles(items, sorting), [items, sorting]);
  const [selection, select] = useSelection(files);
  return (
    <div className={classes.page}>
      <title>Shared by me · Valise</title>
      <FileView
        here={null}
        scattered
        label="Shared by me"
        files={files}
        columns={FOLDER_COLUMNS}
        complete={shared.isSuccess}
        query={shared}
        sorting={sorting}
        onSort={setSorting}
        selection={selection}
        onSelect={select}
        head={
          <PageHead title="Shared by me">
            <SharedTabs />
          </PageHead>
        }
        empty={
          <EmptyState Icon={IconShare} title="You share nothing yet">
            <p>
              Choose “Share” in the menu of a file or a folder, and add people by their address.
            </p>
          </EmptyState>
        }
      />
    </div>
  );
}
