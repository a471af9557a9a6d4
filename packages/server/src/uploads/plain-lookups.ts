import type { UserId } from '@valise/core/ids';
import { MAX_DEPTH } from '@valise/core/names';
import { type RawBuilder, sql } from 'kysely';
import type { Role } from '../db/tables.ts';
import type { Caller } from '../http/app.ts';
import { isLive } from '../tree/file-row.ts';
import { roleOf } from '../tree/role-of.ts';
import { asBuffer } from './chunk-store.ts';
import type { NamedUpload } from './new-upload.ts';
import { unnestRows } from './unnest-rows.ts';

/** A request together with whose it is. */
export interface PersonalRequest {
  readonly caller: Caller;
  readonly request: NamedUpload;
}

/** Where in `wanted` a request stands, and whose tree it goes to. */
export interface LockedPlace {
  readonly place: number;
  readonly ownerId: UserId;
}

/**
 * Locks what creating these takes: their people's creations, and shared the trees they go to.
 * Never waits: answers those that could be locked at once. So it
 * can't deadlock, and one person's long move doesn't hold up everybody.
 */
export function tryLocks(wanted: readonly PersonalRequest[]): RawBuilder<LockedPlace> {
  return sql`
    SELECT t.place, o.owner_id AS "ownerId"
    FROM ${unnestRows(numbered(wanted), {
      place: ['integer', ({ place }) => place],
      user_id: ['uuid', ({ caller }) => caller.userId],
      parent_id: ['uuid', ({ request }) => request.to.parentId],
    })} CROSS JOIN LATERAL (${ownerOfTree}) o
    WHERE pg_try_advisory_xact_lock(hashtextextended('uploads:' || t.user_id, 0))
      AND pg_try_advisory_xact_lock_shared(hashtextextended('tree:' || o.owner_id, 0))`;
}

function numbered(wanted: readonly PersonalRequest[]) {
  return wanted.map((one, place) => ({ ...one, place }));
}

/** Of a row `t` that has `parent_id` and `user_id`. */
const ownerOfTree = sql`
  SELECT coalesce((SELECT owner_id FROM files WHERE id = t.parent_id), t.user_id) AS owner_id
  OFFSET 0`;

export interface PlainRequest extends LockedPlace {
  /** The caller's in the folder. */
  readonly role: Role;
  /** How many uploads the caller has pending already. */
  readonly pending: number;
}

/**
 * Those among the requests that can only become a new file and its upload: the folder is
 * there and the caller's to write, nothing holds the name or is on its way to it from this device,
 * the id is new, and the caller has no such content.
 *
 * One statement for all, spelled as one key lookup after the other: as long as the planner has no
 * statistics, EXISTS would let it read whole tables, joins likewise, and of two indexes it may take
 * the one that serves the lookup worse. Asking for the order of the right one decides that.
 */
export function findPlain(
  store: string,
  wanted: readonly PersonalRequest[],
): RawBuilder<PlainRequest> {
  return sql`
    WITH wanted AS MATERIALIZED (
      SELECT t.*, o.owner_id FROM ${unnestRows(numbered(wanted), {
        place: ['integer', ({ place }) => place],
        user_id: ['uuid', ({ caller }) => caller.userId],
        device_id: ['uuid', ({ caller }) => caller.deviceId],
        parent_id: ['uuid', ({ request }) => request.to.parentId],
        name_key: ['text', ({ request }) => request.to.nameKey],
        request_id: ['uuid', ({ request }) => request.requestId],
        digest: [
          'bytea',
          ({ request: { fingerprint } }) => fingerprint && asBuffer(fingerprint.digest),
        ],
      })} CROSS JOIN LATERAL (${ownerOfTree}) o
    ), people AS MATERIALIZED (
      SELECT user_id, (
        SELECT count(*) FROM (
          SELECT FROM uploads u WHERE u.user_id = d.user_id AND u.state = 'pending'
          ORDER BY u.device_id, u.name_key OFFSET 0
        ) theirs
      ) AS pending FROM (SELECT DISTINCT user_id FROM wanted) d
    ), folders AS MATERIALIZED (
      SELECT d.user_id, d.parent_id, r.role
      FROM (
        SELECT DISTINCT user_id, owner_id, parent_id FROM wanted WHERE parent_id IS NOT NULL
      ) d CROSS JOIN LATERAL (
        SELECT * FROM files WHERE id = d.parent_id OFFSET 0
      ) f CROSS JOIN LATERAL (
        SELECT ${roleOf(sql`d.user_id`, 'f')} AS role OFFSET 0
      ) r
      WHERE r.role IN ('owner', 'editor') AND f.kind = 'folder' AND ${isLive}
        AND f.owner_id = d.owner_id AND (
          WITH RECURSIVE up (parent_id, level) AS (
            SELECT d.parent_id, 0
            UNION ALL
            SELECT above.parent_id, up.level + 1 FROM up CROSS JOIN LATERAL (
              SELECT files.parent_id FROM files WHERE files.id = up.parent_id OFFSET 0
            ) above WHERE up.level < ${MAX_DEPTH}
          ) SELECT max(level) FROM up
        ) < ${MAX_DEPTH}
    )
    SELECT t.place, t.owner_id AS "ownerId", coalesce(folders.role, 'owner') AS role, people.pending
    FROM wanted t JOIN people ON people.user_id = t.user_id
    LEFT JOIN folders ON folders.user_id = t.user_id AND folders.parent_id = t.parent_id
    WHERE (t.parent_id IS NULL OR folders.role IS NOT NULL) AND (
      SELECT true FROM files f WHERE f.owner_id = t.owner_id AND f.parent_id = t.parent_id
        AND ${named('f')} AND ${isLive} ORDER BY f.name_key LIMIT 1
    ) IS NULL AND (
      SELECT true FROM files f WHERE t.parent_id IS NULL AND f.owner_id = t.owner_id
        AND f.parent_id IS NULL AND ${named('f')} AND ${isLive} ORDER BY f.name_key LIMIT 1
    ) IS NULL AND (
      SELECT true FROM uploads u WHERE u.user_id = t.user_id AND u.device_id = t.device_id
        AND ${named('u')} AND u.state = 'pending' AND u.store = ${store}
        AND u.parent_id IS NOT DISTINCT FROM t.parent_id ORDER BY u.name_key LIMIT 1
    ) IS NULL AND (
      SELECT true FROM uploads u WHERE u.user_id = t.user_id AND u.request_id = t.request_id
    ) IS NULL AND (
      SELECT true FROM files f WHERE f.id = t.request_id
    ) IS NULL AND (
      SELECT true FROM objects o WHERE o.uploader_id = t.user_id AND o.fingerprint = t.digest
        AND o.state = 'live' LIMIT 1
    ) IS NULL
    ORDER BY t.place`;
}

/** Two bounds rather than an equation, which would make the wish for an order void. */
function named(table: 'f' | 'u'): RawBuilder<boolean> {
  const key = sql.ref(`${table}.name_key`);
  return sql`${key} >= t.name_key AND ${key} <= t.name_key`;
}
