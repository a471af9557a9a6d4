import { ActionIcon, Checkbox } from '@mantine/core';
import type { File } from '@valise/core/wire';
import type { DragEvent, MouseEvent } from 'react';
import { IconMenu } from '../design/icons.ts';
import classes from './file-grid.module.css';
import { FileIcon } from './file-icon.tsx';
import type { FileGridProps, MenuPlace } from './grid-types.ts';
import { RenameField } from './rename-field.tsx';

export const rowId = (fileId: string) => `row-${fileId}`;

interface FileRowProps<T extends File> {
  readonly file: T;
  readonly index: number;
  /** Pixels from the first row's top. */
  readonly top: number;
  readonly grid: FileGridProps<T>;
  onClick(file: T, event: MouseEvent): void;
  onCheck(file: T): void;
  onMenu(file: T, place: MenuPlace): void;
}

export function FileRow<T extends File>(props: FileRowProps<T>) {
  const { file, index, top, grid } = props;
  const { selection, columns, onRenamed } = grid;
  const isChosen = selection.chosen.has(file.id);
  const [first, ...rest] = columns;
  const onContextMenu = (event: MouseEvent) => {
    if (grid.onMenu === undefined) return;
    event.preventDefault();
    props.onMenu(file, { x: event.clientX, y: event.clientY });
  };
  return (
    <div
      role="row"
      id={rowId(file.id)}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      className={classes.row}
      data-active={selection.active === file.id}
      data-drop={grid.drag?.target === file.id}
      style={{ transform: `translateY(${top}px)` }}
      onClick={(event) => props.onClick(file, event)}
      onDoubleClick={() => grid.onOpen?.(file)}
      onContextMenu={onContextMenu}
      {...dragHandlers(file, grid)}
    >
      <div role="gridcell" className={classes.check} onClick={(event) => event.stopPropagation()}>
        <Checkbox
          size="xs"
          tabIndex={-1}
          aria-label={`Select ${file.name}`}
          checked={isChosen}
          onChange={() => props.onCheck(file)}
        />
      </div>
      <div role="gridcell" className={classes.name}>
        <FileIcon file={file} />
        {grid.renaming === file.id ? (
          <RenameField name={file.name} onDone={(name) => onRenamed?.(file, name)} />
        ) : (
          <span className={classes.label} title={file.name}>
            {first?.cell(file) ?? file.name}
          </span>
        )}
        {grid.badges?.(file)}
      </div>
      {rest.map((column) => (
        <div role="gridcell" key={column.title} className={classes.cell} data-wide={column.wide}>
          {column.cell(file)}
        </div>
      ))}
      <div role="gridcell" className={classes.end}>
        {grid.onMenu !== undefined && (
          <ActionIcon
            variant="subtle"
            color="gray"
            tabIndex={-1}
            aria-label={`Actions for ${file.name}`}
            onClick={(event) => {
              event.stopPropagation();
              const box = event.currentTarget.getBoundingClientRect();
              props.onMenu(file, { x: box.left, y: box.bottom });
            }}
          >
            <IconMenu size={17} aria-hidden />
          </ActionIcon>
        )}
      </div>
    </div>
  );
}

function dragHandlers<T extends File>(file: T, { drag, renaming }: FileGridProps<T>) {
  if (drag === undefined || renaming === file.id) return {};
  return {
    draggable: true,
    onDragStart: (event: DragEvent) => drag.onStart(file, event.dataTransfer),
    onDragOver(event: DragEvent) {
      if (!drag.onOver(file, event.dataTransfer)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    onDragLeave: () => drag.onLeave(file),
    onDrop(event: DragEvent) {
      if (file.kind !== 'folder') return;
      event.preventDefault();
      event.stopPropagation();
      drag.onDrop(file, event.dataTransfer);
    },
  };
}
