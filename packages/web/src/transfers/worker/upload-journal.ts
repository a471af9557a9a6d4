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

interface Schema extends DBSchema {
  uploads: { key: string; value: JournalEntry; indexes: { userId: string } };
  hashes: { key: string; value: HashedContent };
}

/** The journal of uploads, in IndexedDB. Losing it costs no data, only the resuming. */
export class UploadJournal {
  readonly #db: Promise<IDBPDatabase<Schema>>;

  constructor() {
    this.#db = openDB<Schema>('valise-uploads', 1, {
      upgrade(db) {
        db.createObjectStore('uploads', { keyPath: 'id' }).createIndex('userId', 'userId');
        db.createObjectStore('hashes');
      },
    });
  }

  /** All at once: thousands of small files must not be thousands of transactions. */
  async save(entries: readonly JournalEntry[]): Promise<void> {
    const transaction = (await this.#db).transaction('uploads', 'readwrite');
    for (const entry of entries) void transaction.store.put(entry);
    await transaction.done;
  }

  async ofUser(userId: string): Promise<JournalEntry[]> {
    return (await this.#db).getAllFromIndex('uploads', 'userId', userId);
  }

  async remove(ids: readonly string[]): Promise<void> {
    const transaction = (await this.#db).transaction(['uploads', 'hashes'], 'readwrite');
    for (const id of ids) {
      void transaction.objectStore('uploads').delete(id);
      void transaction.objectStore('hashes').delete(id);
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
