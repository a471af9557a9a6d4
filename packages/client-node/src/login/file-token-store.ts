import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TokenStore, Tokens } from '@valise/client';
import { localError } from '../files/local-errors.ts';

const SQLITE_BUSY = 5;
/** Waiters look again after a random part of so many milliseconds. */
const POLL_MS = 50;

/**
 * The login in `<folder>/login.json`, readable by its owner alone. Other processes may use the same
 * folder: files are replaced whole, and `exclusively` holds an operating-system lock (an open
 * SQLite transaction; Node has no `flock`), which the kernel frees when its holder dies.
 */
export function fileTokenStore(folder: string): TokenStore {
  const path = join(folder, 'login.json');
  const ready = async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw localError(error, folder);
    });
  };
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch(nullIfMissing);
      return text === null ? null : parseTokens(text);
    },
    async save(tokens) {
      await ready();
      await replaceFile(path, `${JSON.stringify(tokens, null, 2)}\n`);
    },
    clear: () => rm(path, { force: true }),
    async exclusively(work) {
      await ready();
      const lock = new DatabaseSync(join(folder, 'login.lock'), { timeout: 0 });
      try {
        while (!tryLock(lock)) await sleep(Math.ceil(Math.random() * POLL_MS));
        return await work();
      } finally {
        lock.close();
      }
    },
  };
}

function tryLock(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}

/** Temp file, sync, rename: a power cut must not cost the login (refresh tokens rotate). */
async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** Null for a damaged file too: then logging in again is all that helps. */
function parseTokens(text: string): Tokens | null {
  try {
    const value: Partial<Tokens> | null = JSON.parse(text);
    return value !== null && isTokens(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isTokens(value: Partial<Tokens>): value is Tokens {
  const { server, accessToken, refreshToken, expiresAt, user, device } = value;
  return (
    typeof server === 'string' &&
    typeof accessToken === 'string' &&
    typeof refreshToken === 'string' &&
    typeof expiresAt === 'number' &&
    typeof user?.id === 'string' &&
    typeof device?.id === 'string'
  );
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
