/**
 * `node scripts/ceph/with.ts COMMAND…`: runs a command beside a fresh cluster, whose variables it
 * finds as JSON in VALISE_TEST_STORE. Exits as the command does.
 */
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, stopCluster } from './cluster.ts';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) {
  process.stderr.write('Usage: node scripts/ceph/with.ts COMMAND…\n');
  process.exit(2);
}
// The command gets the same signal from the terminal; we stay to clean up behind it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
const folder = await mkdtemp(join(tmpdir(), 'valise-ceph-'));
try {
  const store = await startCluster(folder, { port: 0 });
  process.exitCode = await finished(program, JSON.stringify(store));
} finally {
  await stopCluster(folder, { wipe: true });
}

function finished(command: string, store: string): Promise<number> {
  const env = { ...process.env, VALISE_TEST_STORE: store };
  const child = spawn(command, args, { env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
