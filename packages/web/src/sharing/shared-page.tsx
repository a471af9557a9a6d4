import { Badge } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { File, SharedFile } from '@valise/core/wire';
import { useMemo } from 'react';
import { EmptyState } from '../design/empty-state.tsx';
import { formatDate, formatFullDate } from '../design/format.ts';
import { IconShared } from '../design/icons.ts';
import { NAME, SIZE } from '../files/columns.tsx';
import type { Column } from '../files/grid-types.ts';
import { SharedFiles } from './shared-files.tsx';
import { sharedQuery } from './shares-query.ts';

const NONE: readonly SharedFile[] = [];

/** What others let this person see. */
export function SharedPage() {
  const shared = useQuery(sharedQuery);
  const items = shared.data ?? NONE;
  const columns = useMemo(() => columnsFor(items), [items]);
  return (
    <SharedFiles
      title="Shared with me"
      query={shared}
      columns={columns}
      badges={roleBadge}
      empty={
        <EmptyState Icon={IconShared} title="Nothing is shared with you yet">
          <p>When somebody shares a file or a folder with you, it appears here by itself.</p>
        </EmptyState>
      }
    />
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
