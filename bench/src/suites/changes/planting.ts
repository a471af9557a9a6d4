import { createHmac, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/*
 * Large installations in a minute: rows straight into the embedded database, as the server would
 * have written them, and access tokens signed with the secret that the server was given.
 */

export interface PlantedPerson {
  readonly userId: string;
  readonly token: string;
}

export class Planting {
  readonly #client: pg.Client;
  readonly #secret: string;

  private constructor(client: pg.Client, secret: string) {
    this.#client = client;
    this.#secret = secret;
  }

  static async open(data: string, secret: string): Promise<Planting> {
    const text = await readFile(join(data, 'postgres', 'connection.json'), 'utf8');
    const { port, password } = JSON.parse(text);
    const url = `postgres://valise:${password}@127.0.0.1:${port}/valise`;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return new Planting(client, secret);
  }

  /** People with one device each. */
  async people(count: number): Promise<readonly PlantedPerson[]> {
    const { rows } = await this.#client.query<{ user_id: string; device_id: string }>(
      `WITH planted AS (
        INSERT INTO users (id, email, email_key, name, password_hash, created_at)
        SELECT id, id || '@example.org', id || '@example.org', 'Planted', 'none', now()
        FROM (SELECT uuidv7() AS id FROM generate_series(1, $1)) t RETURNING id
      ), feeds AS (
        INSERT INTO feeds (user_id) SELECT id FROM planted
      )
      INSERT INTO devices (id, user_id, name, refresh_hash, rotated_at, created_at, last_seen_at)
      SELECT uuidv7(), id, 'planted', sha256(id::text::bytea), now(), now(), now() FROM planted
      RETURNING user_id, id AS device_id`,
      [count],
    );
    return rows.map((row) => ({ userId: row.user_id, token: this.#tokenOf(row) }));
  }

  /** Files with contents of their own, a thousand to a folder. */
  async files(userId: string, count: number): Promise<void> {
    await this.#client.query('BEGIN');
    await this.#client.query(
      `CREATE TEMP TABLE planted ON COMMIT DROP AS
       SELECT n, uuidv7() AS id, n % 1001 = 1 AS is_folder, NULL::uuid AS parent_id
       FROM generate_series(1, $1::int) AS n`,
      [count],
    );
    await this.#client.query(
      `UPDATE planted SET parent_id = f.id FROM planted f
       WHERE f.n = planted.n - (planted.n - 1) % 1001 AND NOT planted.is_folder`,
    );
    await this.#client.query(
      `INSERT INTO objects (id, store, key, size, fingerprint, recipe, etag, uploader_id, created_at)
       SELECT id, 'planted', 'v1/' || id, 1000, sha256(id::text::bytea), 'v1', 'x', $1, now()
       FROM planted WHERE NOT is_folder`,
      [userId],
    );
    await this.#client.query(
      `INSERT INTO files (id, owner_id, created_by, parent_id, kind, status, name, name_key,
         name_key_version, size, mime_type, object_id, version, version_user_id, version_at,
         modified_at, created_at, updated_at)
       SELECT id, $1, $1, parent_id, CASE WHEN is_folder THEN 'folder' ELSE 'file' END, 'uploaded',
         'planted ' || n, 'planted ' || n, 1, CASE WHEN is_folder THEN 0 ELSE 1000 END,
         CASE WHEN is_folder THEN NULL ELSE 'application/octet-stream' END,
         CASE WHEN is_folder THEN NULL ELSE id END, 1, $1, now(), now(), now(), now()
       FROM planted ORDER BY n`,
      [userId],
    );
    await this.#client.query(
      `INSERT INTO access (user_id, file_id, role, seq, at)
       SELECT $1, id, 'owner', n, now() - interval '1 hour' FROM planted ORDER BY n`,
      [userId],
    );
    await this.#client.query('UPDATE feeds SET seq = $2 WHERE user_id = $1', [userId, count]);
    await this.#client.query('COMMIT');
    await this.#client.query('ANALYZE files, objects, access, feeds');
  }

  /** One file shared with many, as a share leaves it once everyone has heard. */
  async share(fileId: string, ownerId: string, userIds: readonly string[]): Promise<void> {
    await this.#client.query(
      `WITH granted AS (
        INSERT INTO grants (id, file_id, user_id, role, granted_by, granted_at)
        SELECT uuidv7(), $1, t.id, 'viewer', $2, now() FROM unnest($3::uuid[]) AS t (id)
        RETURNING id, user_id
      ), moved AS (
        UPDATE feeds SET seq = seq + 1 WHERE user_id = ANY ($3::uuid[]) RETURNING user_id, seq
      )
      INSERT INTO access (user_id, file_id, role, via, seq, at)
      SELECT user_id, $1, 'viewer', granted.id, moved.seq, now() FROM granted JOIN moved USING (user_id)`,
      [fileId, ownerId, userIds],
    );
    await this.#client.query('ANALYZE access, grants, feeds');
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  #tokenOf({ user_id, device_id }: { user_id: string; device_id: string }): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const iat = Math.floor(Date.now() / 1000);
    const claims = { dev: device_id, iss: 'valise', sub: user_id, iat, exp: iat + 900 };
    const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
    return `${signed}.${createHmac('sha256', this.#secret).update(signed).digest('base64url')}`;
  }
}

export const newSecret = () => randomUUID() + randomUUID();
