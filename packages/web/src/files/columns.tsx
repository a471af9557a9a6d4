import type { File } from '@valise/core/wire';
import { formatDate, formatFullDate, formatSize } from '../design/format.ts';
import type { Column } from './grid-types.ts';

export const NAME: Column<File> = { title: 'Name', sortBy: 'name', cell: ({ name }) => name };

export const MODIFIED: Column<File> = {
  title: 'Modified',
  sortBy: 'updatedAt',
  wide: true,
  cell: ({ modifiedAt }) => (
    <time dateTime={modifiedAt} title={formatFullDate(modifiedAt)}>
      {formatDate(modifiedAt)}
    </time>
  ),
};

export const SIZE: Column<File> = {
  title: 'Size',
  sortBy: 'size',
  cell: ({ kind, size }) => (kind === 'file' ? formatSize(size) : '—'),
};

export const FOLDER_COLUMNS: readonly Column<File>[] = [NAME, MODIFIED, SIZE];
