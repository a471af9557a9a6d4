import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Extents } from './extent.ts';
import { INDEX_VERSION, indexSchema } from './index-schema.ts';
import type { JournalPosition } from './journal.ts';
import type { Checksums, ContentHeaders, JournalRecord } from './journal-record.ts';

export interface ObjectEntry {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
}

export interface ObjectRow extends ObjectEntry {
  readonly headers: ContentHeaders;
  readonly checksums: Checksums;
  /** The multipart upload that made it, which makes repeating its completion harmless. */
  readonly upload: string | null;
  readonly extents: Extents;
}

export interface UploadRow {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly created: number;
  readonly headers: ContentHeaders;
}

export interface PartEntry {
  readonly number: number;
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
  readonly checksums: Checksums;
}

export interface PartRow extends PartEntry {
  readonly extents: Extents;
}

export interface BucketRow {
  readonly name: string;
  readonly created: number;
}

type Row = Record<string, unknown>;

/**
 * One connection to the index, for lookups; `WritableIndex` adds applying records. Lookups made
 * in a decision see the batch so far, those on the reading connection what is committed.
 */
export class ObjectIndex {
  protected readonly db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, options: { readOnly: boolean }) {
    this.db = new DatabaseSync(path, { readOnly: options.readOnly });
    this.db.exec('PRAGMA cache_size = -16000; PRAGMA mmap_size = 268435456');
  }

  close(): void {
    this.db.close();
  }

  protected prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  bucket(name: string): BucketRow | null {
    const row = this.prepare('SELECT name, created FROM buckets WHERE name = ?').get(name);
    return row ? (row as unknown as BucketRow) : null;
  }

  buckets(): readonly BucketRow[] {
    return this.prepare(
      'SELECT name, created FROM buckets ORDER BY name',
    ).all() as unknown as BucketRow[];
  }

  isEmpty(bucket: string): boolean {
    return (
      !this.prepare('SELECT 1 FROM objects WHERE bucket = ? LIMIT 1').get(bucket) &&
      !this.prepare('SELECT 1 FROM uploads WHERE bucket = ? LIMIT 1').get(bucket)
    );
  }

  object(bucket: string, key: string): ObjectRow | null {
    const row = this.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ?').get(bucket, key);
    return row ? (parsed(row) as unknown as ObjectRow) : null;
  }

  /** Up to `limit` objects in key order, with `key >= from` (or `> from`), below `until` if given. */
  objectsFrom(
    bucket: string,
    range: { from: string; inclusive: boolean; until: string | null; limit: number },
  ): readonly ObjectEntry[] {
    const compare = range.inclusive ? '>=' : '>';
    const until = range.until === null ? '' : 'AND key < ?';
    const sql = `SELECT key, size, etag, modified FROM objects
      WHERE bucket = ? AND key ${compare} ? ${until} ORDER BY key LIMIT ?`;
    const values = range.until === null ? [range.limit] : [range.until, range.limit];
    return this.prepare(sql).all(bucket, range.from, ...values) as unknown as ObjectEntry[];
  }

  upload(id: string): UploadRow | null {
    const row = this.prepare('SELECT * FROM uploads WHERE id = ?').get(id);
    return row ? (parsed(row) as unknown as UploadRow) : null;
  }

  /** Uploads of a bucket by (key, id), after the given pair. */
  uploadsAfter(
    bucket: string,
    after: { key: string; id: string; prefix: string; limit: number },
  ): readonly UploadRow[] {
    const rows = this.prepare(
      `SELECT * FROM uploads WHERE bucket = ? AND (key, id) > (?, ?)
       AND substr(key, 1, length(?)) = ? ORDER BY key, id LIMIT ?`,
    ).all(bucket, after.key, after.id, after.prefix, after.prefix, after.limit);
    return rows.map((row) => parsed(row) as unknown as UploadRow);
  }

  part(upload: string, number: number): PartRow | null {
    const row = this.prepare('SELECT * FROM parts WHERE upload = ? AND number = ?').get(
      upload,
      number,
    );
    return row ? (parsed(row) as unknown as PartRow) : null;
  }

  partsAfter(upload: string, after: number, limit: number): readonly PartEntry[] {
    const rows = this.prepare(
      `SELECT number, size, etag, modified, checksums FROM parts
       WHERE upload = ? AND number > ? ORDER BY number LIMIT ?`,
    ).all(upload, after, limit);
    return rows.map((row) => parsed(row) as unknown as PartEntry);
  }

  parts(upload: string): readonly PartRow[] {
    const rows = this.prepare('SELECT * FROM parts WHERE upload = ? ORDER BY number').all(upload);
    return rows.map((row) => parsed(row) as unknown as PartRow);
  }

  knowsBlob(id: string): boolean {
    return this.prepare('SELECT 1 FROM blobs WHERE id = ?').get(id) !== undefined;
  }
}

function parsed(row: Row): Row {
  const result = { ...row };
  for (const column of ['headers', 'checksums', 'extents']) {
    const value = result[column];
    if (typeof value === 'string') result[column] = JSON.parse(value);
  }
  return result;
}

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

export function createWritable(
  path: string,
  journal: number,
  start: JournalPosition,
): WritableIndex {
  const index = new WritableIndex(path);
  index.create(journal, start);
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

  create(journal: number, start: JournalPosition): void {
    this.begin();
    this.db.exec(indexSchema);
    this.prepare('INSERT INTO position VALUES (1, ?, ?, ?, 0)').run(
      journal,
      start.segment,
      start.offset,
    );
    this.db.exec(`PRAGMA user_version = ${INDEX_VERSION}`);
    this.commit();
  }

  position(): JournalPosition & { journal: number; batch: number } {
    const row = this.prepare('SELECT journal, segment, offset, batch FROM position').get();
    return row as unknown as JournalPosition & { journal: number; batch: number };
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

  moveTo(position: JournalPosition, batch: number): void {
    this.prepare('UPDATE position SET segment = ?, offset = ?, batch = ?').run(
      position.segment,
      position.offset,
      batch,
    );
  }

  /**
   * Applies one record whose inline bytes stand at `inlineAt`. Answers the blobs that nothing
   * refers to any more. Never judges: what a record says has been decided.
   */
  apply(record: JournalRecord, inlineAt: JournalPosition): readonly string[] {
    const refs = new Map<string, number>();
    switch (record.t) {
      case 'bucket':
        this.prepare('INSERT OR IGNORE INTO buckets VALUES (?, ?)').run(record.name, record.at);
        break;
      case 'unbucket':
        this.prepare('DELETE FROM buckets WHERE name = ?').run(record.name);
        break;
      case 'put': {
        const extents = resolved(record.extents, inlineAt);
        this.#replaceObject({ ...record, modified: record.at, upload: null, extents }, refs);
        break;
      }
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
    return this.#count(refs);
  }

  #replaceObject(row: ObjectRow & { bucket: string }, refs: Map<string, number>): void {
    this.#dropObject(row.bucket, row.key, refs);
    refer(refs, row.extents, 1);
    this.prepare('INSERT INTO objects VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      row.bucket,
      row.key,
      row.size,
      row.etag,
      row.modified,
      JSON.stringify(row.headers),
      JSON.stringify(row.checksums),
      row.upload,
      JSON.stringify(row.extents),
    );
  }

  #dropObject(bucket: string, key: string, refs: Map<string, number>): void {
    const sql = 'DELETE FROM objects WHERE bucket = ? AND key = ? RETURNING extents';
    const row = this.prepare(sql).get(bucket, key);
    if (row) refer(refs, JSON.parse(String(row.extents)) as Extents, -1);
  }

  #replacePart(
    record: Extract<JournalRecord, { t: 'part' }>,
    extents: Extents,
    refs: Map<string, number>,
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

  #finishUpload(record: Extract<JournalRecord, { t: 'done' }>, refs: Map<string, number>): void {
    const upload = this.upload(record.upload);
    if (!upload) throw new Error(`the journal completes an unknown upload ${record.upload}`);
    const wanted = new Set(record.parts);
    const parts = this.parts(record.upload).filter((part) => wanted.has(part.number));
    const { size, etag, checksums } = record;
    const extents = parts.flatMap((part) => part.extents);
    const { bucket, key, headers } = upload;
    const row = { bucket, key, headers, size, etag, checksums, modified: record.at, extents };
    this.#replaceObject({ ...row, upload: record.upload }, refs);
    this.#dropUpload(record.upload, refs);
  }

  #dropUpload(id: string, refs: Map<string, number>): void {
    const rows = this.prepare('DELETE FROM parts WHERE upload = ? RETURNING extents').all(id);
    for (const row of rows) refer(refs, JSON.parse(String(row.extents)) as Extents, -1);
    this.prepare('DELETE FROM uploads WHERE id = ?').run(id);
  }

  #count(refs: Map<string, number>): readonly string[] {
    const dead: string[] = [];
    for (const [blob, change] of refs) {
      if (change === 0) continue;
      const row = this.prepare(
        `INSERT INTO blobs VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET refs = refs + excluded.refs
         RETURNING refs`,
      ).get(blob, change);
      if (Number(row?.refs) > 0) continue;
      this.prepare('DELETE FROM blobs WHERE id = ?').run(blob);
      if (!blob.startsWith('j')) dead.push(blob);
    }
    return dead;
  }
}

function refer(refs: Map<string, number>, extents: Extents, change: 1 | -1): void {
  for (const [blob] of extents) refs.set(blob, (refs.get(blob) ?? 0) + change);
}

/** Gives extents over the record's own bytes their place in the journal. */
function resolved(extents: Extents, inlineAt: JournalPosition): Extents {
  return extents.map(([blob, offset, length]) =>
    blob === ''
      ? [`j${inlineAt.segment}`, inlineAt.offset + offset, length]
      : [blob, offset, length],
  );
}
