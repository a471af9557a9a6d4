import { Checkbox } from '@mantine/core';
import type { File } from '@valise/core/wire';
import { IconSortDown, IconSortUp } from '../design/icons.ts';
import classes from './file-grid.module.css';
import type { Column, FileGridProps } from './grid-types.ts';
import { chooseAll, NOTHING } from './selection.ts';

type GridHeaderProps<T extends File> = FileGridProps<T> & { readonly order: readonly string[] };

export function GridHeader<T extends File>(props: GridHeaderProps<T>) {
  const { columns, files, selection, onSelect, order } = props;
  const chosen = selection.chosen.size;
  return (
    <div role="row" aria-rowindex={1} className={classes.header}>
      <div role="columnheader" className={classes.check}>
        <Checkbox
          size="xs"
          aria-label="Select all"
          checked={chosen > 0 && chosen === files.length}
          indeterminate={chosen > 0 && chosen < files.length}
          disabled={files.length === 0}
          onChange={() => onSelect(chosen === 0 ? chooseAll(selection, order) : NOTHING)}
        />
      </div>
      {columns.map((column) => (
        <HeaderCell key={column.title} column={column} {...props} />
      ))}
      <div role="columnheader" className={classes.end}>
        <span className="visually-hidden">Actions</span>
      </div>
    </div>
  );
}

function HeaderCell<T extends File>({
  column,
  sorting,
  onSort,
}: FileGridProps<T> & { readonly column: Column<T> }) {
  const { title, sortBy, wide } = column;
  const isSorted = sortBy !== undefined && sorting?.by === sortBy;
  const Arrow = sorting?.descending ? IconSortDown : IconSortUp;
  const direction = sorting?.descending ? 'descending' : 'ascending';
  return (
    <div
      role="columnheader"
      data-wide={wide}
      className={classes.heading}
      aria-sort={isSorted ? direction : undefined}
    >
      {sortBy === undefined || onSort === undefined ? (
        title
      ) : (
        <button
          type="button"
          onClick={() => onSort({ by: sortBy, descending: isSorted && !sorting.descending })}
        >
          {title}
          {isSorted && <Arrow size={14} aria-hidden />}
        </button>
      )}
    </div>
  );
}
