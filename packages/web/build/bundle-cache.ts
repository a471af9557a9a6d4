import { existsSync } from 'node:fs';
import { access, constants, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Older bundles than these are removed: switching between branches shouldn't build every time. */
const KEPT = 4;

/**
 * Answers the folder `<hash>` in the first usable of `places`, filling it by `build` when it isn't
 * there. A bundle appears whole or not at all, however many processes build at once.
 */
export async function cachedBundle(
  hash: string,
  places: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const known = places.map((place) => join(place, hash)).find((folder) => existsSync(folder));
  if (known !== undefined) return known;
  const place = await firstWritable(places);
  const folder = join(place, hash);
  const unfinished = join(place, `building-${process.pid}`);
  try {
    await build(unfinished);
    await rename(unfinished, folder).catch((error: unknown) => {
      // Someone else was quicker, with the same bytes.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  await removeOld(place);
  return folder;
}

async function firstWritable(places: readonly string[]): Promise<string> {
  for (const place of places) {
    const usable = await mkdir(place, { recursive: true })
      .then(() => access(place, constants.W_OK))
      .then(
        () => true,
        () => false,
      );
    if (usable) return place;
  }
  throw new Error(`No bundle can be written to ${places.join(' or ')}.`);
}

async function removeOld(place: string): Promise<void> {
  const names = (await readdir(place)).filter((name) => /^[0-9a-f]{20}$/.test(name));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(place, name))).mtimeMs })),
  );
  aged.sort((a, b) => b.at - a.at);
  for (const { name } of aged.slice(KEPT)) {
    await rm(join(place, name), { recursive: true, force: true });
  }
}
