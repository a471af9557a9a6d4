import type { File } from '@valise/core/wire';
import { useMemo, useState } from 'react';
import type { FolderTarget } from './file-actions.ts';
import type { RowDrag } from './grid-types.ts';

/** Marks what is dragged inside the app; its data are in memory. */
const TYPE = 'application/x-valise-files';

interface RowDragOptions {
  readonly files: readonly File[];
  readonly chosen: ReadonlySet<string>;
  readonly enabled: boolean;
  onMove(files: readonly File[], target: FolderTarget): void;
  /** Things from the desktop. */
  onUpload(transfer: DataTransfer, target: FolderTarget): void;
}

export function isFromDesktop(transfer: DataTransfer): boolean {
  return transfer.types.includes('Files');
}

/** Moves by dragging: one row, or all that are chosen if it is among them. */
export function useRowDrag(options: RowDragOptions): RowDrag<File> {
  const [dragged, setDragged] = useState<readonly File[]>([]);
  const [target, setTarget] = useState<string | null>(null);
  return useMemo(() => {
    const { files, chosen, enabled, onMove, onUpload } = options;
    const takes = (file: File, transfer: DataTransfer) => {
      if (file.kind !== 'folder' || file.role === 'viewer') return false;
      if (isFromDesktop(transfer)) return true;
      return transfer.types.includes(TYPE) && !dragged.some(({ id }) => id === file.id);
    };
    return {
      target,
      onStart(file, transfer) {
        if (!enabled) return;
        const all = chosen.has(file.id) ? files.filter(({ id }) => chosen.has(id)) : [file];
        setDragged(all);
        transfer.setData(TYPE, String(all.length));
        transfer.effectAllowed = 'move';
      },
      onOver(file, transfer) {
        const isTaken = takes(file, transfer);
        if (isTaken) setTarget(file.id);
        return isTaken;
      },
      onLeave: (file) => setTarget((current) => (current === file.id ? null : current)),
      onDrop(file, transfer) {
        setTarget(null);
        if (!takes(file, transfer)) return;
        if (isFromDesktop(transfer)) onUpload(transfer, file);
        else onMove(dragged, file);
      },
    };
  }, [options, dragged, target]);
}
