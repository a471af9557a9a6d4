import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/** The server's own database: what would take hours through the API is put there directly. */
export async function openServerDatabase(data: string): Promise<pg.Client> {
  const path = join(data, 'postgres', 'connection.json');
  const { host, port, user, password, database } = JSON.parse(await readFile(path, 'utf8'));
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  return client;
}
