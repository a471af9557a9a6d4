import type { File as StoredFile } from '@valise/core/wire';
import type { FromWorker } from '../protocol.ts';
import type { Transfer } from './transfer.ts';

/** Often enough to look alive, seldom enough that thousands of files cost the page nothing. */
const EVERY_MS = 250;
/** The page reads a message in one go: 5,000 news in one would be felt there. */
const PER_MESSAGE = 500;

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
    for (const some of slices(transfers)) this.#post({ type: 'changed', transfers: some });
    for (const files of slices(this.#placed)) this.#post({ type: 'placed', files });
    this.#placed = [];
  }
}

function* slices<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += PER_MESSAGE) yield all.slice(at, at + PER_MESSAGE);
}
