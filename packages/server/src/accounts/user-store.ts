import type { UserId } from '@valise/core/ids';
import type { User } from '@valise/core/wire';
import type { Db, Tx } from '../db/database.ts';
import type { Email } from './person-fields.ts';

export interface NewUser {
  readonly id: UserId;
  readonly email: Email;
  readonly name: string;
  readonly passwordHash: string;
  readonly createdAt: Date;
}

/** Inserts the user and their change feed. False when the address is taken. */
export async function insertUser(tx: Tx, user: NewUser): Promise<boolean> {
  const inserted = await tx
    .insertInto('users')
    .values({
      id: user.id,
      email: user.email.text,
      email_key: user.email.key,
      name: user.name,
      password_hash: user.passwordHash,
      created_at: user.createdAt,
    })
    .onConflict((conflict) => conflict.column('email_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) return false;
  await tx.insertInto('feeds').values({ user_id: user.id }).execute();
  return true;
}

export interface Credentials {
  readonly user: User & { readonly id: UserId };
  readonly passwordHash: string;
}

export async function findCredentials(db: Db, key: string): Promise<Credentials | undefined> {
  const row = await db
    .selectFrom('users')
    .select(['id', 'email', 'name', 'password_hash'])
    .where('email_key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { password_hash: passwordHash, ...user } = row;
  return { user, passwordHash };
}

export function isEmailTaken(db: Db, key: string): Promise<boolean> {
  return findCredentials(db, key).then((found) => found !== undefined);
}

export async function findUser(
  db: Db | Tx,
  id: UserId,
): Promise<(User & { readonly id: UserId }) | undefined> {
  return await db
    .selectFrom('users')
    .select(['id', 'email', 'name'])
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function findPasswordHash(db: Db, id: UserId): Promise<string | undefined> {
  const row = await db
    .selectFrom('users')
    .select('password_hash')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.password_hash;
}

export async function updatePasswordHash(
  tx: Tx,
  { id, passwordHash }: { readonly id: UserId; readonly passwordHash: string },
): Promise<void> {
  await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', id).execute();
}
