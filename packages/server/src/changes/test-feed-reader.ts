import assert from 'node:assert/strict';
import type { FileId } from '@valise/core/ids';
import type { ChangeEvent, File } from '@valise/core/wire';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import { findVisible } from '../tree/visible-file.ts';
import { toWireFile } from '../tree/wire-file.ts';
import type { FeedPosition } from './feed-cursor.ts';
import { readChanges } from './read-changes.ts';
import { testCursors } from './test-cursors.ts';
import { changesOf } from './test-pages.ts';

const COMPARED_AT_ONCE = 10_000;

/** For tests: one person's device, what it has been told, put together. */
export class FeedReader {
  readonly #db: Db;
  readonly #caller: Caller;
  readonly #limit: number;
  readonly files = new Map<string, File>();
  #position: FeedPosition | null = null;

  constructor(db: Db, caller: Caller, limit: number) {
    this.#db = db;
    this.#caller = caller;
    this.#limit = limit;
  }

  /** One page; true when there is more. */
  async poll(): Promise<boolean> {
    const since = this.#position;
    const { userId } = this.#caller;
    const page = await readChanges(this.#db, userId, { since, limit: this.#limit });
    for (const change of changesOf(page)) this.#apply(change);
    // As a device keeps it.
    this.#position = testCursors.decode(userId, testCursors.encode(userId, page.position));
    return page.hasMore;
  }

  #apply(change: ChangeEvent): void {
    if (change.type === 'remove') {
      this.files.delete(change.fileId);
      return;
    }
    const { id, parentId, name } = change.file;
    assert.ok(parentId === null || this.files.has(parentId), `${name} came before its parent`);
    this.files.set(id, change.file);
  }

  /** Fails unless it has been told exactly what the database shows its person. */
  async compare(): Promise<void> {
    const { userId } = this.#caller;
    const { rows } = await sql<{ id: FileId }>`
      SELECT id FROM files WHERE status = 'uploaded'`.execute(this.#db);
    const ids = rows.map(({ id }) => id);
    let seen = 0;
    for (let at = 0; at < ids.length; at += COMPARED_AT_ONCE) {
      const some = ids.slice(at, at + COMPARED_AT_ONCE);
      const visible = await findVisible(this.#db, userId, some);
      seen += visible.size;
      for (const id of some) {
        const file = visible.get(id);
        assert.deepEqual(this.files.get(id), file && toWireFile(file, userId));
      }
    }
    assert.equal(this.files.size, seen, 'files that are gone are still known');
  }
}
