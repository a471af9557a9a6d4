import { type ApiClient, keepLive, type TransferDeps } from '@valise/client';
import type { LiveMessage } from '@valise/core/wire';
import type { Engine } from '../engine/engine.ts';
import { remoteChanges } from './client-server.ts';
import type { ShareBook } from './share-book.ts';

/** While pushes come, polling is the safety net; else it is how changes elsewhere are seen. */
const POLL_EVERY_MS = { up: 180_000, down: 5_000 } as const;

export interface LiveDeps {
  readonly api: ApiClient;
  readonly ambient: TransferDeps['ambient'];
  readonly book: ShareBook;
}

/** The server's pushes, and how often to ask without them. */
export class Live {
  readonly #deps: LiveDeps;
  #state: 'up' | 'down' = 'down';

  constructor(deps: LiveDeps) {
    this.#deps = deps;
  }

  get pollEveryMs(): number {
    return POLL_EVERY_MS[this.#state];
  }

  /** Tells the engine until the signal aborts; rejects when the login ended. */
  follow(engine: Engine, signal: AbortSignal): Promise<void> {
    const { api, ambient, book } = this.#deps;
    return keepLive(api, {
      signal,
      ambient,
      onMessage: (message) => hear(engine, book, message),
      onState: (state) => {
        this.#state = state;
        // What happened while nobody told us.
        engine.remoteHint();
      },
    });
  }
}

/** A push is applied if it goes on from where we are; anything else is a reason to ask. */
function hear(engine: Engine, book: ShareBook, message: LiveMessage): void {
  if (message.type !== 'changes' || !book.knows(message.changes)) {
    engine.remoteHint();
    return;
  }
  const { from, cursor } = message;
  engine.push({ from, cursor, changes: remoteChanges(message.changes, book) });
}
