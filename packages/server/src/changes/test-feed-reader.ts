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
    const truth = new Map<string, File>();
    for (const [id, file] of await findVisible(this.#db, userId, ids)) {
      truth.set(id, toWireFile(file, userId));
    }
    for (const [id, file] of this.files) assert.deepEqual(file, truth.get(id), file.name);
    for (const [id, file] of truth) assert.ok(this.files.has(id), `${file.name} was never told`);
  }
}
