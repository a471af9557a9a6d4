import type { UserId } from '@valise/core/ids';
import type { File } from '@valise/core/wire';
import type { VisibleFile } from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';
import type { Page } from './page-cursor.ts';

export function toWirePage(
  { items, cursor }: Page<VisibleFile>,
  userId: UserId,
): { items: File[]; cursor: string | null } {
  return { items: items.map((file) => toWireFile(file, userId)), cursor };
}
