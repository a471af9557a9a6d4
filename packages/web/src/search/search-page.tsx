import { queryOptions, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { File } from '@valise/core/wire';
import { useDeferredValue, useMemo, useState } from 'react';
import { EmptyState } from '../design/empty-state.tsx';
import { IconSearch } from '../design/icons.ts';
import { PageHead } from '../design/page-head.tsx';
import { FOLDER_COLUMNS } from '../files/columns.tsx';
import { FileView } from '../files/file-view.tsx';
import { BY_NAME, sortFiles } from '../files/sort-files.ts';
import { useSelection } from '../files/use-selection.ts';
import { api } from '../session/browser-api.ts';

const route = getRouteApi('/signed-in/shell/search');
const NONE: readonly File[] = [];
/** Whoever finds more than this types another letter. */
const MOST = 1_000;

const searchQuery = (text: string) =>
  queryOptions({
    queryKey: ['search', text] as const,
    queryFn: ({ signal }) => api.files.searchPage(text, { limit: MOST }, { signal }),
    placeholderData: (previous) => previous,
  });

/** What bears a name like that, wherever it is. */
export function SearchPage() {
  const { q } = route.useSearch();
  const text = useDeferredValue(q.trim());
  const found = useQuery({ ...searchQuery(text), enabled: text !== '' });
  const [sorting, setSorting] = useState(BY_NAME);
  const items = found.data?.items ?? NONE;
  const files = useMemo(() => sortFiles(items, sorting), [items, sorting]);
  const [selection, select] = useSelection(files);
  return (
    <div style={{ display: 'flex', flex: 1, minHeight: 0, position: 'relative' }}>
      <title>{`${q} · Search · Valise`}</title>
      <FileView
        here={null}
        scattered
        label="Search results"
        files={files}
        columns={FOLDER_COLUMNS}
        complete={found.data?.cursor === null}
        query={found}
        sorting={sorting}
        onSort={setSorting}
        selection={selection}
        onSelect={select}
        head={<PageHead title={`Results for “${q}”`} />}
        empty={
          <EmptyState Icon={IconSearch} title="Nothing of that name">
            <p>Names are searched, here and in what is shared with you. Try fewer letters.</p>
          </EmptyState>
        }
      />
    </div>
  );
}
