import type { File as StoredFile } from '@valise/core/wire';
import type { FromWorker } from '../protocol.ts';
import type { Transfer } from './transfer.ts';

/** Often enough to look alive, seldom enough that thousands of files cost the page nothing. */
const EVERY_MS = 250;

/** Gathers what changed and tells the page now and then. */
export class Reporter {
  readonly #post: (message: FromWorker) => void;
  readonly #changed = new Set<Transfer>();
  #placed: StoredFile[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  changed(transfer: Transfer): void {
    this.#changed.add(transfer);
    this.#later();
  }

  placed(file: StoredFile): void {
    this.#placed.push(file);
    this.#later();
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.#flush(), EVERY_MS);
  }

  #flush(): void {
    this.#timer = null;
    const transfers = [...this.#changed].map((transfer) => transfer.state());
    this.#changed.clear();
    if (transfers.length > 0) this.#post({ type: 'changed', transfers });
    if (this.#placed.length > 0) this.#post({ type: 'placed', files: this.#placed });
    this.#placed = [];
  }
}
