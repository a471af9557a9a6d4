import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileDurably } from '../run/durable-file.ts';

const MARKER = 'valise.json';
const FORMAT = 1;
/** `npm run objects` may have been here first; the rest is nobody's data. */
const HARMLESS = new Set(['objects', 'lost+found', '.DS_Store']);

/**
 * Makes the data folder or checks that it is ours, and answers its real path. Throws an Error that
 * says what to do when it is someone else's or of a newer format. Servers may race.
 */
export async function openDataFolder(wanted: string): Promise<string> {
  // Others may pass through, not look: under root PostgreSQL may have to run as someone else. All
  // that lies in it is closed by its own mode.
  await mkdir(wanted, { recursive: true, mode: 0o711 }).catch((cause: Error) => {
    throw new Error(`VALISE_DATA: ${wanted} cannot be made: ${cause.message}`, { cause });
  });
  const folder = await realpath(wanted);
  const marker = await readOptional(join(folder, MARKER));
  if (marker === undefined) {
    await claim(folder);
    return folder;
  }
  const { format } = JSON.parse(marker) as { format?: unknown };
  if (format !== FORMAT) {
    throw new Error(
      `VALISE_DATA: ${folder} has format ${String(format)}, this version of Valise knows ` +
        `${FORMAT}. Start the version that made it.`,
    );
  }
  return folder;
}

/**
 * The real path of a data folder that was made before, for those who look after it. Throws an Error
 * that says what to do where there is none.
 */
export async function findDataFolder(wanted: string): Promise<string> {
  const folder = await realpath(wanted).catch(() => wanted);
  if ((await readOptional(join(folder, MARKER)).catch(() => undefined)) !== undefined)
    return folder;
  throw new Error(
    `VALISE_DATA: ${wanted} is not a data folder of Valise. Run this where the server is started, ` +
      'with the same environment (or `.env`).',
  );
}

async function claim(folder: string): Promise<void> {
  const foreign = (await readdir(folder)).filter(
    (name) => !HARMLESS.has(name) && !name.startsWith(MARKER),
  );
  // Another server may have claimed it since we looked, and begun to fill it.
  const isClaimed = (await readOptional(join(folder, MARKER))) !== undefined;
  if (foreign.length > 0 && !isClaimed) {
    throw new Error(
      `VALISE_DATA: ${folder} is not empty and not Valise's (it holds ` +
        `${foreign.slice(0, 3).join(', ')}). Choose an empty or a new folder.`,
    );
  }
  await createFileDurably(join(folder, MARKER), `${JSON.stringify({ format: FORMAT })}\n`);
}

/** The secret that signs access tokens: made once, the same for all servers on this folder. */
export async function readOrMakeSecret(folder: string): Promise<Uint8Array> {
  const path = join(folder, 'jwt-secret');
  const known = await readOptional(path);
  if (known === undefined) {
    await createFileDurably(path, randomBytes(32).toString('hex'));
    return readOrMakeSecret(folder);
  }
  if (!/^[0-9a-f]{64}$/.test(known)) {
    throw new Error(`${path} is damaged. Delete it: everyone must then sign in again.`);
  }
  return Buffer.from(known, 'hex');
}

async function readOptional(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
