import type { File } from '@valise/core/wire';
import { useMemo, useState } from 'react';
import { keepThose, NOTHING, type Selection } from './selection.ts';

/** The selection in a list; what leaves the list leaves it. */
export function useSelection(files: readonly File[]): [Selection, (next: Selection) => void] {
  const [selection, select] = useState(NOTHING);
  const kept = useMemo(() => {
    if (selection.chosen.size === 0) return selection;
    const ids = new Set(files.map(({ id }) => id));
    return keepThose(selection, (id) => ids.has(id));
  }, [selection, files]);
  return [kept, select];
}
