import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Extents } from './extent.ts';
import type { JournalPosition } from './journal.ts';
import type { Checksums, ContentHeaders, PartSizes } from './journal-record.ts';

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
  readonly parts: PartSizes | null;
  readonly extents: Extents;
}

/** An object or part with the number of its row, in whose order a compaction walks through all. */
export interface Numbered {
  readonly id: number;
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
  /** How many extents it consists of. */
  readonly pieces: number;
  readonly size: number;
  readonly etag: string;
  readonly modified: number;
  readonly checksums: Checksums;
}

export interface PartRow extends Omit<PartEntry, 'pieces'> {
  readonly extents: Extents;
}

export interface BucketRow {
  readonly name: string;
  readonly created: number;
}

export interface BlobRow {
  readonly id: string;
  readonly refs: number;
  readonly size: number | null;
  readonly crc: number | null;
}

/** How far an index has followed the journal. */
export interface IndexPosition extends JournalPosition {
  readonly salt: number;
  readonly batch: number;
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
    this.db.exec('PRAGMA cache_size = -16000');
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
      `SELECT number, size, etag, modified, checksums, json_array_length(extents) AS pieces
       FROM parts
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

  /** A setting of a bucket, as JSON. */
  config(bucket: string, name: string): string | null {
    const sql = 'SELECT value FROM configs WHERE bucket = ? AND name = ?';
    const row = this.prepare(sql).get(bucket, name);
    return row ? String(row.value) : null;
  }

  configs(): readonly { bucket: string; name: string; value: string }[] {
    const rows = this.prepare('SELECT bucket, name, value FROM configs').all();
    return rows as unknown as { bucket: string; name: string; value: string }[];
  }

  /** Uploads begun before `before` whose keys start with `prefix`, oldest first. */
  uploadsBefore(
    bucket: string,
    before: number,
    { prefix, limit }: { prefix: string; limit: number },
  ): readonly UploadRow[] {
    const sql = `SELECT * FROM uploads WHERE bucket = ? AND created < ?
      AND substr(key, 1, length(?)) = ? ORDER BY created LIMIT ?`;
    const rows = this.prepare(sql).all(bucket, before, prefix, prefix, limit);
    return rows.map((row) => parsed(row) as unknown as UploadRow);
  }

  /** Blob files in the order of their ids. */
  blobsAfter(id: string, limit: number): readonly BlobRow[] {
    const sql = `SELECT id, refs, size, crc FROM blobs
      WHERE id > ? AND id < 'j' ORDER BY id LIMIT ?`;
    return this.prepare(sql).all(id, limit) as unknown as BlobRow[];
  }

  uploadsById(after: string, limit: number): readonly UploadRow[] {
    const rows = this.prepare('SELECT * FROM uploads WHERE id > ? ORDER BY id LIMIT ?');
    return rows.all(after, limit).map((row) => parsed(row) as unknown as UploadRow);
  }

  lastRow(table: 'objects' | 'parts'): number {
    return Number(this.prepare(`SELECT max(id) AS last FROM ${table}`).get()?.last ?? 0);
  }

  objectRow(id: number): (ObjectRow & { bucket: string }) | null {
    const row = this.prepare('SELECT * FROM objects WHERE id = ?').get(id);
    return row ? (parsed(row) as unknown as ObjectRow & { bucket: string }) : null;
  }

  partRow(id: number): (PartRow & { upload: string }) | null {
    const row = this.prepare('SELECT * FROM parts WHERE id = ?').get(id);
    return row ? (parsed(row) as unknown as PartRow & { upload: string }) : null;
  }

  /** Numbers of rows, upwards from `after`, at most to `last`. */
  rowIds(
    table: 'objects' | 'parts',
    range: { after: number; last: number; limit: number },
  ): readonly number[] {
    const sql = `SELECT id FROM ${table} WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`;
    const rows = this.prepare(sql).all(range.after, range.last, range.limit);
    return rows.map((row) => Number(row.id));
  }

  /** Whether content in journal segments below `first` is alive. */
  needsSegmentsBelow(first: number): boolean {
    const rows = this.prepare("SELECT id FROM blobs WHERE id > 'j' AND id < 'k'").all();
    return rows.some((row) => Number(String(row.id).slice(1)) < first);
  }

  counts(): { objects: number; parts: number; uploads: number } {
    const count = (table: string): number =>
      Number(this.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
    return { objects: count('objects'), parts: count('parts'), uploads: count('uploads') };
  }

  /** Blobs whose counted references aren't those that objects and parts make. */
  miscounted(): readonly string[] {
    const made = (table: string): string =>
      `SELECT value ->> 0 AS id, value ->> 2 AS length FROM ${table}, json_each(extents)`;
    const sql = `WITH
      made AS (SELECT id, count(*) AS refs, sum(length) AS bytes
        FROM (${made('objects')} UNION ALL ${made('parts')}) GROUP BY id)
      SELECT coalesce(made.id, blobs.id) AS id FROM made FULL JOIN blobs ON blobs.id = made.id
      WHERE made.refs IS NOT blobs.refs OR made.bytes IS NOT blobs.bytes`;
    return this.db
      .prepare(sql)
      .all()
      .map((row) => String(row.id));
  }

  /** Tables whose rows differ from those of another index. */
  differsFrom(path: string): readonly string[] {
    this.db.prepare('ATTACH ? AS other').run(path);
    try {
      return comparable.flatMap(([table, columns]) => {
        const rows = (schema: string): string => `SELECT ${columns} FROM ${schema}.${table}`;
        const [ours, theirs] = [rows('main'), rows('other')];
        const sql = `SELECT 1 FROM (${ours} EXCEPT ${theirs}) UNION ALL
          SELECT 1 FROM (${theirs} EXCEPT ${ours}) LIMIT 1`;
        return this.db.prepare(sql).get() ? [table] : [];
      });
    } finally {
      this.db.exec('DETACH other');
    }
  }

  /** Bytes that a compacted journal would have, roughly: live content, and its records. */
  liveBytes(): number {
    const sum = "SELECT sum(bytes) AS bytes FROM blobs WHERE id > 'j' AND id < 'k'";
    const rows = this.prepare('SELECT count(*) AS rows FROM objects').get();
    const parts = this.prepare('SELECT count(*) AS rows FROM parts').get();
    const records = Number(rows?.rows) + Number(parts?.rows);
    return Number(this.prepare(sum).get()?.bytes ?? 0) + records * RECORD_SIZE;
  }
}

/** What two indexes of one journal have in common; numbers of rows depend on the way there. */
const comparable = [
  ['buckets', '*'],
  ['configs', '*'],
  ['uploads', '*'],
  ['blobs', '*'],
  ['parts', 'upload, number, size, etag, modified, checksums, extents'],
  ['objects', 'bucket, key, size, etag, modified, headers, checksums, upload, parts, extents'],
] as const;

/** Of an object's record without its content; an estimate. */
const RECORD_SIZE = 400;

function parsed(row: Row): Row {
  const result = { ...row };
  for (const column of ['headers', 'checksums', 'parts', 'extents']) {
    const value = result[column];
    if (typeof value === 'string') result[column] = JSON.parse(value);
  }
  return result;
}
