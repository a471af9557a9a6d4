import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '../../run/durable-file.ts';

/** How to reach the embedded PostgreSQL: kept in `connection.json`, for its owner's eyes only. */
export interface PostgresConnection {
  readonly port: number;
  readonly password: string;
}

export const POSTGRES_USER = 'valise';
export const POSTGRES_HOST = '127.0.0.1';

export function connectionUrl(connection: PostgresConnection, database: string): string {
  return `postgres://${POSTGRES_USER}:${connection.password}@${POSTGRES_HOST}:${connection.port}/${database}`;
}

/** Hex needs no escaping in a URL. */
export function newPassword(): string {
  return randomBytes(24).toString('hex');
}

/** Undefined when there is none yet. */
export async function readConnection(folder: string): Promise<PostgresConnection | undefined> {
  const path = connectionPath(folder);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const { port, password } = JSON.parse(text) as Partial<PostgresConnection>;
  if (typeof port !== 'number' || typeof password !== 'string') {
    throw new Error(`${path} is damaged: it must hold a port and a password.`);
  }
  return { port, password };
}

export async function writeConnection(
  folder: string,
  connection: PostgresConnection,
): Promise<void> {
  const shown = { ...connection, host: POSTGRES_HOST, user: POSTGRES_USER, database: 'valise' };
  await writeFileDurably(connectionPath(folder), `${JSON.stringify(shown, null, 2)}\n`);
}

function connectionPath(folder: string): string {
  return join(folder, 'connection.json');
}
