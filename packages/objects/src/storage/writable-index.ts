import { type Extents, joinExtents } from './extent.ts';
import { INDEX_VERSION, indexSchema } from './index-schema.ts';
import type { JournalPosition } from './journal.ts';
import type { BlobsRecord, JournalRecord } from './journal-record.ts';
import { type IndexPosition, ObjectIndex, type ObjectRow } from './object-index.ts';

/** Opens the index for writing; null when it is missing, damaged or of another version. */
export function openWritable(path: string): WritableIndex | null {
  let index: WritableIndex | null = null;
  try {
    index = new WritableIndex(path);
    if (index.version() === INDEX_VERSION) return index;
  } catch (error) {
    if (!isSqliteError(error)) throw error;
  }
  index?.close();
  return null;
}

export function createWritable(path: string, start: IndexPosition): WritableIndex {
  const index = new WritableIndex(path);
  index.create(start);
  return index;
}

export function isSqliteError(error: unknown): error is Error & { errcode?: number } {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
}

export class WritableIndex extends ObjectIndex {
  constructor(path: string) {
    super(path, { readOnly: false });
    // NORMAL: after a power cut the last commits may be missing, never half there; the journal
    // has them. The journal's fdatasync is the only one that a request waits for.
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    this.db.exec('PRAGMA wal_autocheckpoint = 4000');
  }

  version(): number {
    return Number(this.db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
  }

  create(start: IndexPosition): void {
    this.begin();
    this.db.exec(indexSchema);
    const { segment, salt, offset, batch } = start;
    const insert = 'INSERT INTO position VALUES (1, ?, ?, ?, ?)';
    this.prepare(insert).run(segment, salt, offset, batch);
    this.db.exec(`PRAGMA user_version = ${INDEX_VERSION}`);
    this.commit();
  }

  position(): IndexPosition {
    const row = this.prepare('SELECT segment, salt, offset, batch FROM position').get();
    return row as unknown as IndexPosition;
  }

  begin(): void {
    this.db.exec('BEGIN IMMEDIATE');
  }

  commit(): void {
    this.db.exec('COMMIT');
  }

  rollback(): void {
    if (this.db.isTransaction) this.db.exec('ROLLBACK');
  }

  moveTo({ segment, salt, offset, batch }: IndexPosition): void {
    const sql = 'UPDATE position SET segment = ?, salt = ?, offset = ?, batch = ?';
    this.prepare(sql).run(segment, salt, offset, batch);
  }

  /** After a replay: what a compaction said of blobs that were gone before it ended. */
  forgetUnusedBlobs(): void {
    this.prepare('DELETE FROM blobs WHERE refs <= 0').run();
  }

  /**
   * Applies one record whose inline bytes stand at `inlineAt`. Answers the blobs that nothing
   * refers to any more. Never judges: what a record says has been decided.
   */
  apply(record: JournalRecord, inlineAt: JournalPosition): readonly string[] {
    const refs: References = new Map();
    switch (record.t) {
      case 'bucket':
        this.prepare('INSERT OR IGNORE INTO buckets VALUES (?, ?)').run(record.name, record.at);
        break;
      case 'unbucket':
        this.prepare('DELETE FROM buckets WHERE name = ?').run(record.name);
        this.prepare('DELETE FROM configs WHERE bucket = ?').run(record.name);
        break;
      case 'config':
        this.#configure(record);
        break;
      case 'put': {
        const extents = resolved(record.extents, inlineAt);
        const common = { ...record, modified: record.at, extents };
        this.#replaceObject({ ...common, upload: null, parts: null }, refs);
        break;
      }
      case 'restate': {
        const extents = resolved(record.extents, inlineAt);
        this.#replaceObject({ ...record, modified: record.at, extents }, refs);
        break;
      }
      case 'blobs':
        this.#learnBlobs(record.list);
        break;
      case 'del':
        this.#dropObject(record.bucket, record.key, refs);
        break;
      case 'multipart':
        this.prepare('INSERT OR IGNORE INTO uploads VALUES (?, ?, ?, ?, ?)').run(
          record.upload,
          record.bucket,
          record.key,
          record.at,
          JSON.stringify(record.headers),
        );
        break;
      case 'part':
        this.#replacePart(record, resolved(record.extents, inlineAt), refs);
        break;
      case 'done':
        this.#finishUpload(record, refs);
        break;
      case 'abort':
        this.#dropUpload(record.upload, refs);
        break;
    }
    const dead = this.#count(refs);
    if ('blob' in record && record.blob) this.#learnBlobs([record.blob]);
    return dead;
  }

  #configure({ bucket, name, value }: Extract<JournalRecord, { t: 'config' }>): void {
    if (value === null) {
      this.prepare('DELETE FROM configs WHERE bucket = ? AND name = ?').run(bucket, name);
    } else {
      this.prepare('INSERT OR REPLACE INTO configs VALUES (?, ?, ?)').run(bucket, name, value);
    }
  }

  #learnBlobs(list: BlobsRecord['list']): void {
    const sql = `INSERT INTO blobs VALUES (?, 0, 0, ?, ?)
      ON CONFLICT (id) DO UPDATE SET size = excluded.size, crc = excluded.crc`;
    for (const [id, size, crc] of list) this.prepare(sql).run(id, size, crc);
  }

  #replaceObject(row: ObjectRow & { bucket: string }, refs: References): void {
    this.#dropObject(row.bucket, row.key, refs);
    refer(refs, row.extents, 1);
    this.prepare('INSERT INTO objects VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      row.bucket,
      row.key,
      row.size,
      row.etag,
      row.modified,
      JSON.stringify(row.headers),
      JSON.stringify(row.checksums),
      row.upload,
      row.parts && JSON.stringify(row.parts),
      JSON.stringify(row.extents),
    );
  }

  #dropObject(bucket: string, key: string, refs: References): void {
    const sql = 'DELETE FROM objects WHERE bucket = ? AND key = ? RETURNING extents';
    const row = this.prepare(sql).get(bucket, key);
    if (row) refer(refs, JSON.parse(String(row.extents)) as Extents, -1);
  }

  #replacePart(
    record: Extract<JournalRecord, { t: 'part' }>,
    extents: Extents,
    refs: References,
  ): void {
    const old = this.prepare(
      'DELETE FROM parts WHERE upload = ? AND number = ? RETURNING extents',
    ).get(record.upload, record.number);
    if (old) refer(refs, JSON.parse(String(old.extents)) as Extents, -1);
    refer(refs, extents, 1);
    this.prepare('INSERT INTO parts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)').run(
      record.upload,
      record.number,
      record.size,
      record.etag,
      record.at,
      JSON.stringify(record.checksums),
      JSON.stringify(extents),
    );
  }

  #finishUpload(record: Extract<JournalRecord, { t: 'done' }>, refs: References): void {
    const upload = this.upload(record.upload);
    if (!upload) {
      // Replaying a journal whose compaction was still running: this object stands further on as
      // a whole, and whatever of the upload came before may go.
      this.#dropUpload(record.upload, refs);
      return;
    }
    const wanted = new Set(record.parts);
    const parts = this.parts(record.upload).filter((part) => wanted.has(part.number));
    const { size, etag, checksums } = record;
    // Joined, or an object that is copied in pieces again and again would fall into ever more.
    const extents = joinExtents(parts.map((part) => part.extents));
    const { bucket, key, headers } = upload;
    const sizes = parts.map((part) => [part.number, part.size] as const);
    const common = { bucket, key, headers, size, etag, checksums, modified: record.at, extents };
    const row = { ...common, parts: sizes };
    this.#replaceObject({ ...row, upload: record.upload }, refs);
    this.#dropUpload(record.upload, refs);
  }

  #dropUpload(id: string, refs: References): void {
    const rows = this.prepare('DELETE FROM parts WHERE upload = ? RETURNING extents').all(id);
    for (const row of rows) refer(refs, JSON.parse(String(row.extents)) as Extents, -1);
    this.prepare('DELETE FROM uploads WHERE id = ?').run(id);
  }

  #count(refs: References): readonly string[] {
    const dead: string[] = [];
    for (const [blob, change] of refs) {
      if (change.refs === 0 && change.bytes === 0) continue;
      const row = this.prepare(
        `INSERT INTO blobs VALUES (?, ?, ?, NULL, NULL) ON CONFLICT (id) DO UPDATE
         SET refs = refs + excluded.refs, bytes = bytes + excluded.bytes RETURNING refs`,
      ).get(blob, change.refs, change.bytes);
      if (Number(row?.refs) > 0) continue;
      this.prepare('DELETE FROM blobs WHERE id = ?').run(blob);
      if (!blob.startsWith('j')) dead.push(blob);
    }
    return dead;
  }
}

/** What one record changes: extents that name a blob, and their lengths together. */
type References = Map<string, { refs: number; bytes: number }>;

function refer(refs: References, extents: Extents, sign: 1 | -1): void {
  for (const [blob, , length] of extents) {
    const change = refs.get(blob);
    if (change) {
      change.refs += sign;
      change.bytes += sign * length;
    } else {
      refs.set(blob, { refs: sign, bytes: sign * length });
    }
  }
}

/** Gives extents over the record's own bytes their place in the journal. */
function resolved(extents: Extents, inlineAt: JournalPosition): Extents {
  return extents.map(([blob, offset, length]) =>
    blob === ''
      ? [`j${inlineAt.segment}`, inlineAt.offset + offset, length]
      : [blob, offset, length],
  );
}
