/**
 * Makes the web app's bundle from its sources, unless that very state has been built already, and
 * prints the folder that holds it. The server runs this at its start; `npm run build -w @valise/web`
 * does it beforehand.
 *
 * node build/main.ts [FOLDER to use when this checkout can't be written to]
 */
import { join } from 'node:path';
import { cachedBundle } from './bundle-cache.ts';
import { hashSources } from './source-hash.ts';

const web = join(import.meta.dirname, '..');
const places = [join(web, 'dist'), ...process.argv.slice(2)];

const folder = await cachedBundle(hashSources(join(web, '../..')), places, async (outDir) => {
  // Loaded only now: mostly there is nothing to build.
  const { buildBundle } = await import('./build-bundle.ts');
  await buildBundle(web, outDir);
});
process.stdout.write(`${folder}\n`);
