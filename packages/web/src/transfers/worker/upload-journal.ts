import type { HashedContent, UploadRef } from '@valise/client';
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

/** What outlives a reload or a crash of one upload. */
export interface JournalEntry {
  readonly id: string;
  readonly userId: string;
  /** The tab that works on it; entries of tabs that are gone may be taken over. */
  readonly tab: string;
  readonly name: string;
  readonly path: readonly string[];
  /** The folder it was dropped on. */
  readonly parentId: string | null;
  readonly size: number;
  readonly lastModified: number;
  readonly mimeType: string;
  readonly handle: FileSystemFileHandle | null;
  /** As decided when the name was taken: what to say to the server. */
  readonly place?: Place;
  /** What the server calls it, once it knows of it. */
  readonly upload?: UploadRef;
  /** The person gave it up; the server is still to be told. */
  readonly isCancelled?: boolean;
  /** The content was found to be another: what is chosen next counts as it is. */
  readonly isChanged?: boolean;
}

/** Where exactly an upload goes. */
export interface Place {
  readonly folderId: string | null;
  readonly name: string;
  readonly baseVersion: number | null;
  /** It is the next version of this file, and no place counts. */
  readonly fileId?: string;
}

type StoredEntry = Omit<JournalEntry, 'handle'>;

interface Schema extends DBSchema {
  uploads: { key: string; value: StoredEntry; indexes: { userId: string } };
  /** By themselves, as an entry is written several times and a handle is dear to write. */
  handles: { key: string; value: FileSystemFileHandle };
  hashes: { key: string; value: HashedContent };
}

/** The journal of uploads, in IndexedDB. Losing it costs no data, only the resuming. */
export class UploadJournal {
  readonly #db: Promise<IDBPDatabase<Schema>>;

  constructor() {
    this.#db = openDB<Schema>('valise-uploads', 2, {
      upgrade(db, before) {
        if (before < 1) {
          db.createObjectStore('uploads', { keyPath: 'id' }).createIndex('userId', 'userId');
          db.createObjectStore('hashes');
        }
        db.createObjectStore('handles');
      },
    });
  }

  /** New ones. */
  async add(entries: readonly JournalEntry[]): Promise<void> {
    const transaction = (await this.#db).transaction(['uploads', 'handles'], 'readwrite');
    for (const { handle, ...entry } of entries) {
      void transaction.objectStore('uploads').put(entry);
      if (handle !== null) void transaction.objectStore('handles').put(handle, entry.id);
    }
    await transaction.done;
  }

  /** All at once: thousands of small files must not be thousands of transactions. */
  async save(entries: readonly JournalEntry[]): Promise<void> {
    const transaction = (await this.#db).transaction('uploads', 'readwrite');
    for (const { handle: _, ...entry } of entries) void transaction.store.put(entry);
    await transaction.done;
  }

  async ofUser(userId: string): Promise<JournalEntry[]> {
    const transaction = (await this.#db).transaction(['uploads', 'handles']);
    const handles = transaction.objectStore('handles');
    const entries = await transaction.objectStore('uploads').index('userId').getAll(userId);
    return Promise.all(
      entries.map(async (entry) => ({ ...entry, handle: (await handles.get(entry.id)) ?? null })),
    );
  }

  async isEmptyFor(userId: string): Promise<boolean> {
    return (await (await this.#db).countFromIndex('uploads', 'userId', userId)) === 0;
  }

  async remove(ids: readonly string[]): Promise<void> {
    const stores = ['uploads', 'handles', 'hashes'] as const;
    const transaction = (await this.#db).transaction(stores, 'readwrite');
    for (const store of stores) {
      for (const id of ids) void transaction.objectStore(store).delete(id);
    }
    await transaction.done;
  }

  async forgetHash(id: string): Promise<void> {
    await (await this.#db).delete('hashes', id);
  }

  async hashOf(id: string): Promise<HashedContent | undefined> {
    return (await this.#db).get('hashes', id);
  }

  async saveHash(id: string, content: HashedContent): Promise<void> {
    await (await this.#db).put('hashes', content, id);
  }
}
