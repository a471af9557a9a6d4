import type pg from 'pg';

/** Makes accounts that never sign in; answers their ids. */
export async function makePeople(db: pg.Client, count: number): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `WITH made AS (
       INSERT INTO users (id, email, email_key, name, password_hash, created_at)
       SELECT id, id || '@example.org', id || '@example.org', 'Person ' || n, 'none', now()
       FROM (SELECT gen_random_uuid() AS id, n FROM generate_series(1, $1) n) t RETURNING id
     ), feeds_made AS (INSERT INTO feeds (user_id) SELECT id FROM made)
     SELECT id FROM made`,
    [count],
  );
  return rows.map((row) => row.id);
}

export interface MadeFolder {
  readonly owner: string;
  readonly parent: string;
  readonly folders: number;
  readonly filesEach: number;
}

/** Fills a folder with folders of files, as its owner would have. */
export async function fillFolder(db: pg.Client, made: MadeFolder): Promise<void> {
  const { owner, parent, folders, filesEach } = made;
  const columns = `(id, owner_id, created_by, parent_id, kind, status, name, name_key,
    name_key_version, version, modified_at, created_at, updated_at)`;
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO files ${columns}
     SELECT gen_random_uuid(), $1, $1, $2::uuid, 'folder', 'uploaded', 'd' || n, 'd' || n, 1, 1,
       now(), now(), now() FROM generate_series(1, $3::int) n RETURNING id`,
    [owner, parent, folders],
  );
  const ids = rows.map((row) => row.id);
  await db.query(
    `INSERT INTO files ${columns}
     SELECT gen_random_uuid(), $1, $1, folder, 'file', 'uploaded', 'f' || n, 'f' || n, 1, 1,
       now(), now(), now() FROM unnest($2::uuid[]) folder, generate_series(1, $3::int) n`,
    [owner, ids, filesEach],
  );
  await db.query(
    `WITH missing AS (
       SELECT f.id, row_number() OVER (ORDER BY f.kind = 'file', f.id) AS n FROM files f
       WHERE f.owner_id = $1 AND NOT EXISTS (
         SELECT FROM access a WHERE a.user_id = $1 AND a.file_id = f.id)
     ), bumped AS (
       UPDATE feeds SET seq = seq + (SELECT count(*) FROM missing) WHERE user_id = $1
       RETURNING seq - (SELECT count(*) FROM missing) AS base
     )
     INSERT INTO access (user_id, file_id, role, seq, at)
     SELECT $1, missing.id, 'owner', base + n, now() FROM missing, bumped`,
    [owner],
  );
}

/** One file at the root of each owner, `each` times, all shared with this person. */
export async function shareFrom(
  db: pg.Client,
  { owners, each, guest }: { owners: readonly string[]; each: number; guest: string },
): Promise<readonly string[]> {
  const { rows } = await db.query<{ id: string }>(
    `WITH made AS (
       INSERT INTO files (id, owner_id, created_by, kind, status, name, name_key,
         name_key_version, version, modified_at, created_at, updated_at)
       SELECT gen_random_uuid(), owner, owner, 'folder', 'uploaded', key, key, 1, 1, now(), now(),
         now()
       FROM unnest($1::uuid[]) owner, generate_series(1, $2::int) n,
         LATERAL (SELECT 's' || n || '-' || $3 AS key) k
       RETURNING id, owner_id
     ), given AS (
       INSERT INTO grants (id, file_id, user_id, role, granted_by, granted_at)
       SELECT gen_random_uuid(), id, $3::uuid, 'viewer', owner_id,
         now() - random() * interval '1 year'
       FROM made RETURNING id, file_id
     ), bumped AS (
       UPDATE feeds SET seq = seq + (SELECT count(*) FROM given) WHERE user_id = $3::uuid
       RETURNING seq - (SELECT count(*) FROM given) AS base
     ), told AS (
       INSERT INTO access (user_id, file_id, role, via, seq, at)
       SELECT $3::uuid, given.file_id, 'viewer', given.id, base + row_number() OVER (), now()
       FROM given, bumped
     )
     SELECT id FROM made`,
    [owners, each, guest],
  );
  return rows.map((row) => row.id);
}

/** Shares one file with many who have no other. */
export async function shareWith(
  db: pg.Client,
  { file, owner, guests }: { file: string; owner: string; guests: readonly string[] },
): Promise<void> {
  await db.query(
    `WITH given AS (
       INSERT INTO grants (id, file_id, user_id, role, granted_by, granted_at)
       SELECT gen_random_uuid(), $1, guest, 'viewer', $2, now() FROM unnest($3::uuid[]) guest
       RETURNING id, user_id
     ), bumped AS (
       UPDATE feeds SET seq = seq + 1 WHERE user_id = ANY($3::uuid[]) RETURNING user_id, seq
     )
     INSERT INTO access (user_id, file_id, role, via, seq, at)
     SELECT given.user_id, $1, 'viewer', given.id, bumped.seq, now()
     FROM given JOIN bumped USING (user_id)`,
    [file, owner, guests],
  );
}
