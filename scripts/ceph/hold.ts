/**
 * A cluster for as long as somebody needs it: prints its variables as one JSON line, and ends and
 * removes it when its standard input closes, as it does when the one who asked dies. Exit code 3
 * when Ceph isn't installed.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingPrograms, startCluster, stopCluster } from './cluster.ts';

const missing = await missingPrograms();
if (missing.length > 0) {
  process.stderr.write(`${missing.join(', ')} not found\n`);
  process.exit(3);
}
const left = new Promise<void>((resolve) => process.stdin.resume().once('close', resolve));
const folder = await mkdtemp(join(tmpdir(), 'valise-ceph-'));
try {
  const environment = await startCluster(folder, { port: 0 });
  process.stdout.write(`${JSON.stringify(environment)}\n`);
  await left;
} finally {
  await stopCluster(folder, { wipe: true });
}
