import type { File } from '@valise/core/wire';
import type { ReactNode } from 'react';
import type { Selection } from './selection.ts';
import type { Sorting, SortKey } from './sort-files.ts';

export interface Column<T extends File> {
  readonly title: string;
  readonly sortBy?: SortKey;
  /** Left out on narrow screens. */
  readonly wide?: boolean;
  cell(file: T): ReactNode;
}

export interface MenuPlace {
  readonly x: number;
  readonly y: number;
}

export interface FileGridProps<T extends File> {
  readonly label: string;
  readonly files: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly sorting?: Sorting;
  onSort?(sorting: Sorting): void;
  readonly selection: Selection;
  onSelect(selection: Selection): void;
  onOpen?(file: T): void;
  /** With the selection made: what is under the pointer belongs to it. */
  onMenu?(place: MenuPlace): void;
  onDelete?(): void;
  onRename?(): void;
  /** The one whose name is being edited. */
  readonly renaming?: string | null;
  onRenamed?(file: T, name: string | null): void;
  badges?(file: T): ReactNode;
  readonly drag?: RowDrag<T>;
}

/** Rows as things to drag and as places to drop on. */
export interface RowDrag<T extends File> {
  readonly target: string | null;
  onStart(file: T, transfer: DataTransfer): void;
  onOver(file: T, transfer: DataTransfer): boolean;
  onLeave(file: T): void;
  onDrop(file: T, transfer: DataTransfer): void;
}
