import type { ChangeEvent, File } from '@valise/core/wire';

/** Names remembered at most, some 150 bytes each; beyond, what is removed shows as its id. */
const MAX_KNOWN = 200_000;
/** Where what others share is shown. */
const SHARED = 'Shared with me';

export interface SeenChange {
  readonly action: 'added' | 'changed' | 'moved' | 'removed';
  /** Where it is, or was. */
  readonly path: string;
  /** Where it was before, of what moved. */
  readonly from?: string;
}

interface Known {
  readonly name: string;
  readonly parentId: string | null;
  readonly isShared: boolean;
  /** Removed; the name is kept for what lay below it and is told later. */
  readonly isGone?: true;
}

/** The tree as far as the feed has told of it, to say paths instead of ids. */
export class KnownFiles {
  readonly #files = new Map<string, Known>();

  /** Takes a change in and says what it means to a person. */
  see(change: ChangeEvent): SeenChange {
    if (change.type === 'remove') {
      const path = this.#path(change.fileId);
      const gone = this.#files.get(change.fileId);
      if (gone !== undefined) this.#files.set(change.fileId, { ...gone, isGone: true });
      return { action: 'removed', path };
    }
    const { file } = change;
    const before = this.#files.get(file.id);
    const from = before === undefined || before.isGone ? null : this.#path(file.id);
    this.#remember(file);
    const path = this.#path(file.id);
    if (from === null) return { action: 'added', path };
    return from === path ? { action: 'changed', path } : { action: 'moved', path, from };
  }

  #remember({ id, name, parentId, sharedRoot }: File): void {
    if (this.#files.size >= MAX_KNOWN && !this.#files.has(id)) return;
    this.#files.set(id, { name, parentId, isShared: sharedRoot });
  }

  #path(id: string): string {
    const names: string[] = [];
    for (let at: string | null = id; at !== null; ) {
      const known: Known | undefined = this.#files.get(at);
      if (known === undefined) {
        names.push(names.length === 0 ? at : '…');
        break;
      }
      names.push(known.name);
      if (known.isShared) names.push(SHARED);
      at = known.parentId;
    }
    return `/${names.reverse().join('/')}`;
  }
}
