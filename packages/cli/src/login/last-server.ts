import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../run/cli-error.ts';
import type { Environment } from '../run/environment.ts';

type ConfigDir = Pick<Environment, 'configDir'>;

/** The server of the last login; null before the first. Throws `local-file` for a damaged file. */
export async function lastServer(env: ConfigDir): Promise<string | null> {
  const path = fileIn(env);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const server = parse(text);
  if (server !== null) return server;
  throw new CliError('unexpected', `${path} is damaged. Remove it and run: valise login`);
}

export async function rememberServer(env: ConfigDir, server: string): Promise<void> {
  await mkdir(env.configDir, { recursive: true, mode: 0o700 });
  const path = fileIn(env);
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify({ server })}\n`, { mode: 0o600 });
  await rename(draft, path);
}

/** Each server's tokens have a folder of their own. */
export function loginDir(env: ConfigDir, server: string): string {
  return join(env.configDir, 'logins', server.replace(/[^a-z0-9.-]+/gi, '_'));
}

function fileIn(env: ConfigDir): string {
  return join(env.configDir, 'login.json');
}

function parse(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    const server = typeof value === 'object' && value !== null && 'server' in value && value.server;
    return typeof server === 'string' ? server : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
