import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNodeError } from './disk-errors.ts';

/** The folder isn't the one that was synced: an unmounted disk, or somebody emptied it. */
export class RootMissing extends Error {
  override readonly name = 'RootMissing';

  constructor(root: string) {
    super(
      `${root} is not the folder that was synced: its marker (.valise/root.json) is missing. ` +
        'Mount the disk or bring the folder back. To sync this folder as it is, run with --new-root: ' +
        'then both sides are merged and nothing is deleted.',
    );
  }
}

/** The id in the folder's marker; null when there is none. */
export function readMarker(root: string): string | null {
  try {
    const marker: unknown = JSON.parse(readFileSync(markerPath(root), 'utf8'));
    const { id } = marker as { readonly id?: unknown };
    return typeof id === 'string' ? id : null;
  } catch (error) {
    if (isNodeError(error, 'ENOENT') || isNodeError(error, 'ENOTDIR')) return null;
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function writeMarker(root: string, id: string): void {
  mkdirSync(join(root, '.valise'), { recursive: true });
  writeFileSync(markerPath(root), `${JSON.stringify({ id })}\n`);
}

export function markerPath(root: string): string {
  return join(root, '.valise', 'root.json');
}
