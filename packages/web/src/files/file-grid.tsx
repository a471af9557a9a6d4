import { useVirtualizer } from '@tanstack/react-virtual';
import type { File } from '@valise/core/wire';
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef } from 'react';
import classes from './file-grid.module.css';
import { FileRow, rowId } from './file-row.tsx';
import { GridHeader } from './grid-header.tsx';
import { gridKey } from './grid-keys.ts';
import type { FileGridProps, MenuPlace } from './grid-types.ts';
import { choose } from './selection.ts';

const ROW_PX = 48;
/** Rows beyond the visible ones that are kept ready, so that fast scrolling shows no gap. */
const OVERSCAN = 12;

/**
 * A list of files as a grid for mouse and keyboard. Only what can be seen is in the document, so
 * 100,000 entries scroll like ten. The grid has the focus; its active row is told to screen readers
 * by `aria-activedescendant`.
 */
export function FileGrid<T extends File>(props: FileGridProps<T>) {
  const { files, selection, onSelect } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const order = useMemo(() => files.map(({ id }) => id), [files]);
  const virtual = useVirtualizer({
    count: files.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    getItemKey: (index) => order[index] ?? index,
  });
  const rows = virtual.getVirtualItems();

  const { active } = selection;
  // biome-ignore lint/correctness/useExhaustiveDependencies: see below
  useEffect(() => {
    const index = active === null ? -1 : order.indexOf(active);
    if (index >= 0) virtual.scrollToIndex(index, { align: 'auto' });
    // Only when the keyboard moves: a list that changes must not scroll by itself.
  }, [active]);

  const focusGrid = () => scroller.current?.focus({ preventScroll: true });
  const onRowClick = (file: T, event: MouseEvent) => {
    const toggle = event.ctrlKey || event.metaKey;
    onSelect(choose(selection, order, { id: file.id, toggle, range: event.shiftKey }));
    focusGrid();
  };
  const openMenu = (file: T, place: MenuPlace) => {
    if (!selection.chosen.has(file.id)) onSelect(choose(selection, order, { id: file.id }));
    focusGrid();
    props.onMenu?.(place);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    // Fields and buttons inside keep their keys.
    if (event.target !== scroller.current) return;
    const page = Math.max(1, Math.floor(scroller.current.clientHeight / ROW_PX) - 2);
    const current = files.find(({ id }) => id === active);
    const handled = gridKey(
      event,
      { selection, order, page, onSelect },
      {
        open: () => current !== undefined && props.onOpen?.(current),
        remove: () => props.onDelete?.(),
        rename: () => props.onRename?.(),
        // A menu that opens during a key press takes the key for its own and closes.
        menu: () => setTimeout(() => props.onMenu?.(placeOf(scroller.current, active))),
      },
    );
    if (handled) event.preventDefault();
  };
  const isRendered = rows.some(({ key }) => key === active);

  return (
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      className={classes.grid}
      aria-label={props.label}
      aria-rowcount={files.length + 1}
      aria-multiselectable
      aria-activedescendant={active !== null && isRendered ? rowId(active) : undefined}
      onKeyDown={onKeyDown}
    >
      <GridHeader {...props} order={order} />
      <div className={classes.body} role="presentation" style={{ height: virtual.getTotalSize() }}>
        {rows.map(({ index, start }) => {
          const file = files[index];
          return file === undefined ? null : (
            <FileRow
              key={file.id}
              file={file}
              index={index}
              top={start}
              grid={props}
              onClick={onRowClick}
              onCheck={(one) => onSelect(choose(selection, order, { id: one.id, toggle: true }))}
              onMenu={openMenu}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Where a menu opened by keyboard belongs: beside its row. */
function placeOf(grid: HTMLElement | null, active: string | null): MenuPlace {
  const row = active === null ? null : document.getElementById(rowId(active));
  const box = (row ?? grid)?.getBoundingClientRect();
  return { x: (box?.left ?? 0) + 48, y: (box?.top ?? 0) + (row === null ? 48 : ROW_PX - 8) };
}
