import type { UseQueryResult } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { useMemo, useState } from 'react';
import { PageHead } from '../design/page-head.tsx';
import { FileView, type FileViewProps } from '../files/file-view.tsx';
import classes from '../files/folder-page.module.css';
import { BY_NAME, sortFiles } from '../files/sort-files.ts';
import { useSelection } from '../files/use-selection.ts';
import { SharedTabs } from './shared-tabs.tsx';

const NONE: readonly File[] = [];

interface SharedFilesProps
  extends Pick<FileViewProps, 'columns' | 'badges' | 'scattered' | 'empty'> {
  readonly title: string;
  readonly query: UseQueryResult<readonly File[]>;
}

/** The list of one side of sharing, as a page. */
export function SharedFiles({ title, query, ...view }: SharedFilesProps) {
  const [sorting, setSorting] = useState(BY_NAME);
  const items = query.data ?? NONE;
  const files = useMemo(() => sortFiles(items, sorting), [items, sorting]);
  const [selection, select] = useSelection(files);
  return (
    <div className={classes.page}>
      <title>{`${title} · Valise`}</title>
      <FileView
        {...view}
        here={null}
        label={title}
        files={files}
        complete={query.isSuccess}
        query={query}
        sorting={sorting}
        onSort={setSorting}
        selection={selection}
        onSelect={select}
        head={
          <PageHead title={title}>
            <SharedTabs />
          </PageHead>
        }
      />
    </div>
  );
}
