import { join } from 'node:path';
import { build } from 'vite';
import { compressFiles } from './compress-files.ts';

/** Bundles the app into `outDir`, each text file with its compressed forms beside it. */
export async function buildBundle(web: string, outDir: string): Promise<void> {
  await build({
    root: web,
    configFile: join(web, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  });
  await compressFiles(outDir);
}
