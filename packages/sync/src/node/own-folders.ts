import { lstatSync, mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Where things lie that the agent has taken off the folder or not yet put into it. */
export interface OwnFolders {
  readonly received: string;
  readonly trash: string;
}

export function makeOwnFolders(root: string): OwnFolders {
  const own = {
    received: join(root, '.valise', 'received'),
    trash: join(root, '.valise', 'trash'),
  };
  mkdirSync(own.received, { recursive: true });
  mkdirSync(own.trash, { recursive: true });
  return own;
}

/** A name in the trash that nothing has: by day, then numbered. */
export async function freshPlace(trash: string, name: string): Promise<string> {
  const day = join(trash, new Date().toISOString().slice(0, 10));
  await mkdir(day, { recursive: true });
  for (let number = 1; ; number++) {
    const path = join(day, number === 1 ? name : `${number} ${name}`);
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path;
  }
}
