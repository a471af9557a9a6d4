/**
 * Where a copy goes, by the rules of `cp -r SOURCE… DEST`:
 *
 *  1. DEST is a folder: the source goes into it under its own name.
 *  2. DEST is missing: a single source becomes DEST.
 *  3. DEST is something else: a single source that is no folder replaces it.
 *  4. A source without a name of its own (`.`, `..`, `dir/.`, `/`) puts its contents into DEST.
 */
import { basename } from 'node:path';

export type DestinationKind = 'folder' | 'file' | 'missing';

export interface Source {
  /** null: rule 4. */
  readonly name: string | null;
  readonly kind: 'folder' | 'file' | 'symlink';
}

export type Placement =
  | { readonly kind: 'into'; readonly name: string }
  | { readonly kind: 'as' }
  | { readonly kind: 'refused'; readonly reason: string };

export function placeCopy(sources: number, source: Source, dest: DestinationKind): Placement {
  if (dest === 'folder') {
    return source.name === null ? { kind: 'as' } : { kind: 'into', name: source.name };
  }
  if (sources > 1) return { kind: 'refused', reason: 'several sources need a folder to go into' };
  if (dest === 'missing') return { kind: 'as' };
  return source.kind === 'folder'
    ? { kind: 'refused', reason: 'a folder cannot replace a file' }
    : { kind: 'as' };
}

/** The name that a local source gives its copy; null when it has none of its own. */
export function sourceName(localPath: string): string | null {
  const trimmed = localPath.replace(/\/+$/, '');
  const name = basename(trimmed);
  return name === '' || name === '.' || name === '..' ? null : name;
}
