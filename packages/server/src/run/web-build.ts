import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { FastifyBaseLogger } from 'fastify';
import { readWebBundle, type WebBundle } from '../http/pages/web-bundle.ts';

const run = promisify(execFile);
/** Far beyond what a busy, small machine needs. */
const BUILD_TIMEOUT_MS = 180_000;

/**
 * The web app, built by a process of its own when its sources are newer than any bundle; the API
 * doesn't wait for it. Bundles are kept in the checkout, or in the data folder where that can't be
 * written to.
 */
export function startWebBuild(data: string, log: FastifyBaseLogger): () => Promise<WebBundle> {
  const started = performance.now();
  const bundle = buildOnce(data);
  bundle.then(
    ({ files }) => {
      const ms = Math.round(performance.now() - started);
      log.info({ files: files.size, ms }, 'Web app ready');
    },
    (error: unknown) => log.error({ err: error }, 'The web app could not be built'),
  );
  return () => bundle;
}

async function buildOnce(data: string): Promise<WebBundle> {
  const main = fileURLToPath(import.meta.resolve('@valise/web/build'));
  const { stdout } = await run(process.execPath, [main, join(data, 'web')], {
    // Nothing of ours concerns it.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', NODE_ENV: 'production' },
    timeout: BUILD_TIMEOUT_MS,
  });
  return readWebBundle(stdout.trim());
}
