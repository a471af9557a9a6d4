import { AppError } from '@valise/core/errors';
import { isUuid, type UserId } from '@valise/core/ids';
import { sql } from 'kysely';
import { emailKey } from '../accounts/person-fields.ts';
import type { Db } from '../db/database.ts';
import type { Caller } from '../http/app.ts';
import type { ShareDeps } from './share-deps.ts';
import { countUnknown } from './unknown-people.ts';

/**
 * Whom e-mail addresses and user ids name, each once, in the order given. All or nothing: throws
 * `unknown-users` with those that nobody has, or `rate-limited` when the caller tried too many of
 * such; `invalid-value` when one of them is the caller.
 */
export async function findPeople(
  deps: ShareDeps,
  { userId }: Caller,
  names: readonly string[],
): Promise<readonly UserId[]> {
  const known = await lookUp(deps.db, names);
  const unknown = [...new Set(names.filter((name) => !known.has(keyOf(name))))];
  if (unknown.length > 0) {
    await countUnknown(deps, userId, unknown.length);
    throw new AppError('unknown-users', 'Nobody here has these addresses. Nothing was shared.', {
      details: { field: 'users', users: unknown },
    });
  }
  const people = [...new Set(names.flatMap((name) => known.get(keyOf(name)) ?? []))];
  if (people.includes(userId)) {
    throw new AppError('invalid-value', 'It is yours: share it with others.', {
      details: { field: 'users' },
    });
  }
  return people;
}

/** An id can't be mistaken for an address, which has an @. */
function keyOf(name: string): string {
  const key = emailKey(name);
  return isUuid(key) ? `id ${key}` : `address ${key}`;
}

async function lookUp(db: Db, names: readonly string[]): Promise<ReadonlyMap<string, UserId>> {
  // PostgreSQL's text holds no NUL; an address doesn't either.
  const keys = names.map(emailKey).filter((key) => !key.includes('\0'));
  const ids = keys.filter(isUuid);
  const addresses = keys.filter((key) => !isUuid(key));
  const { rows } = await sql<{ id: UserId; key: string }>`
    SELECT u.id, 'id ' || u.id AS key FROM unnest(${ids}::uuid[]) AS t (id) CROSS JOIN LATERAL (
      SELECT id FROM users WHERE users.id = t.id OFFSET 0
    ) u
    UNION ALL
    SELECT u.id, 'address ' || u.email_key FROM unnest(${addresses}::text[]) AS t (key)
    CROSS JOIN LATERAL (
      SELECT id, email_key FROM users WHERE users.email_key = t.key OFFSET 0
    ) u`.execute(db);
  return new Map(rows.map(({ id, key }) => [key, id]));
}
