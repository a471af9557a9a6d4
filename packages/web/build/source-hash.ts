import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** All that the bundle is made from. Tests are left out: they change nothing in it. */
const SOURCES = [
  'packages/{web,client,core}/src/**/*',
  'packages/web/{build,public}/**/*',
  'packages/web/{index.html,package.json,vite.config.ts}',
  'package-lock.json',
];

/** Names one state of the sources: equal states give equal bundles. About 15 ms. */
export function hashSources(root: string): string {
  const files = globSync(SOURCES, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${file.slice(root.length)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 20);
}
