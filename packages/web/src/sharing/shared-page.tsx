import { Badge } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { File, SharedFile } from '@valise/core/wire';
import { useMemo, useState } from 'react';
import { EmptyState } from '../design/empty-state.tsx';
import { formatDate, formatFullDate } from '../design/format.ts';
import { IconShared } from '../design/icons.ts';
import { PageHead } from '../design/page-head.tsx';
import { NAME, SIZE } from '../files/columns.tsx';
import { FileView } from '../files/file-view.tsx';
import classes from '../files/folder-page.module.css';
import type { Column } from '../files/grid-types.ts';
import { BY_NAME, sortFiles } from '../files/sort-files.ts';
import { useSelection } from '../files/use-selection.ts';
import { SharedTabs } from './shared-tabs.tsx';
import { sharedQuery } from './shares-query.ts';

const NONE: readonly SharedFile[] = [];

/** What others let this person see. */
export function SharedPage() {
  const shared = useQuery(sharedQuery);
  const [sorting, setSorting] = useState(BY_NAME);
  const items = shared.data ?? NONE;
  const files = useMemo(() => sortFiles(items, sorting), [items, sorting]);
  const columns = useMemo(() => columnsFor(items), [items]);
  const [selection, select] = useSelection(files);
  return (
    <div className={classes.page}>
      <title>Shared with me · Valise</title>
      <FileView
        here={null}
        label="Shared with me"
        files={files}
        columns={columns}
        complete={shared.isSuccess}
        query={shared}
        sorting={sorting}
        onSort={setSorting}
        selection={selection}
        onSelect={select}
        badges={roleBadge}
        head={
          <PageHead title="Shared with me">
            <SharedTabs />
          </PageHead>
        }
        empty={
          <EmptyState Icon={IconShared} title="Nothing is shared with you yet">
            <p>When somebody shares a file or a folder with you, it appears here by itself.</p>
          </EmptyState>
        }
      />
    </div>
  );
}

function columnsFor(items: readonly SharedFile[]): readonly Column<File>[] {
  const known = new Map(items.map((item) => [item.id, item]));
  const from: Column<File> = {
    title: 'From',
    wide: true,
    cell: ({ id }) => {
      const { sharedBy, sharedAt = '' } = known.get(id) ?? {};
      return (
        <span title={sharedAt === '' ? undefined : formatFullDate(sharedAt)}>
          {sharedBy?.name}, {sharedAt === '' ? '' : formatDate(sharedAt)}
        </span>
      );
    },
  };
  return [NAME, from, SIZE];
}

function roleBadge({ role }: File) {
  return (
    <Badge size="sm" variant="light" color="gray" tt="none" style={{ flex: 'none' }}>
      {role === 'viewer' ? 'Look only' : 'May change'}
    </Badge>
  );
}
