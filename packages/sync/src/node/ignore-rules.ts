import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { LocalPath } from '../ports/file-system.ts';
import { joinPath } from '../tree/local-path.ts';
import { gitPatterns } from './git-patterns.ts';

export const IGNORE_FILE = '.valiseignore';

/** What is never synced, by Git's rules: a file of patterns in any folder, the deepest one decides. */
export class IgnoreRules {
  readonly #root: string;
  readonly #byFolder = new Map<LocalPath, Ignore | null>();

  constructor(root: string) {
    this.#root = root;
  }

  isIgnored(path: LocalPath, isFolder: boolean): boolean {
    const names = path.split('/');
    // What lies in an ignored folder can't be taken in again.
    for (let depth = 1; depth < names.length; depth++) {
      if (this.#matches(names.slice(0, depth), true)) return true;
    }
    return this.#matches(names, isFolder);
  }

  /** The files of patterns are read again. */
  forget(): void {
    this.#byFolder.clear();
  }

  #matches(names: readonly string[], isFolder: boolean): boolean {
    for (let depth = names.length - 1; depth >= 0; depth--) {
      const rules = this.#rulesOf(names.slice(0, depth).join('/'));
      if (rules === null) continue;
      const relative = names.slice(depth).join('/');
      const { ignored, unignored } = rules.test(isFolder ? `${relative}/` : relative);
      if (ignored || unignored) return ignored;
    }
    return false;
  }

  #rulesOf(folder: LocalPath): Ignore | null {
    const known = this.#byFolder.get(folder);
    if (known !== undefined) return known;
    const text = readIfThere(join(this.#root, joinPath(folder, IGNORE_FILE)));
    const rules = text === null ? null : ignore({ ignorecase: false }).add(gitPatterns(text));
    this.#byFolder.set(folder, rules);
    return rules;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}
