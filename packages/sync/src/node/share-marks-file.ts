import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ShareMarks } from '../ports/share-marks.ts';
import { isNodeError } from './disk-errors.ts';

/** In the folder's own `.valise/shares.json`: it goes where the folder goes. */
export function shareMarksFile(root: string): ShareMarks {
  const path = join(root, '.valise', 'shares.json');
  let text = readIfThere(path);
  let marks = parse(text);
  return {
    idOf: (inode) => marks.get(inode),
    keep(kept) {
      const fresh = `${JSON.stringify(Object.fromEntries(kept))}\n`;
      if (fresh === text) return;
      writeFileSync(`${path}.new`, fresh);
      renameSync(`${path}.new`, path);
      text = fresh;
      marks = kept;
    },
  };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isNodeError(error, 'ENOENT')) return '{}';
    throw error;
  }
}

/** A damaged file is none: then shares are received anew, beside what is there. */
function parse(text: string): ReadonlyMap<string, string> {
  try {
    return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
  } catch (error) {
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}
