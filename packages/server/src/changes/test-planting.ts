import type { FileId } from '@valise/core/ids';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import { systemAmbient } from '../run/ambient.ts';

const IN_A_FOLDER = 500;

/** A folder that holds folders of so many files together, as uploads and their feed left them. */
export async function plant(db: Db, { userId }: Caller, count: number): Promise<FileId> {
  const top = systemAmbient.newId<FileId>();
  const columns = sql`id, owner_id, created_by, parent_id, kind, status, name, name_key,
    name_key_version, version, modified_at, created_at, updated_at`;
  await sql`
    INSERT INTO files (${columns})
    SELECT ${top}::uuid, ${userId}::uuid, ${userId}::uuid, NULL, 'folder', 'uploaded', 'top', 'top',
      1, 1, now(), now(), now()`.execute(db);
  await sql`
    WITH folders AS (
      INSERT INTO files (${columns})
      SELECT gen_random_uuid(), ${userId}, ${userId}, ${top}, 'folder', 'uploaded', 'd' || n,
        'd' || n, 1, 1, now(), now(), now()
      FROM generate_series(1, ${Math.ceil(count / IN_A_FOLDER)}::int) n RETURNING id
    )
    INSERT INTO files (${columns}, mime_type)
    SELECT gen_random_uuid(), ${userId}, ${userId}, folders.id, 'file', 'uploaded', 'f' || n,
      'f' || n, 1, 1, now(), now(), now(), 'text/plain'
    FROM folders, generate_series(1, ${IN_A_FOLDER}::int) n`.execute(db);
  await sql`
    INSERT INTO access (user_id, file_id, role, seq, at)
    SELECT owner_id, id, 'owner', row_number() OVER (ORDER BY kind = 'file', id), now() FROM files
    WHERE owner_id = ${userId}`.execute(db);
  await sql`
    UPDATE feeds SET seq = (SELECT max(seq) FROM access WHERE user_id = ${userId})
    WHERE user_id = ${userId}`.execute(db);
  return top;
}
