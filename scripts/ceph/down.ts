/** `npm run ceph:down -- FOLDER [--wipe]`: ends the cluster of that folder, and nothing else. */
import { resolve } from 'node:path';
import { stopCluster } from './cluster.ts';

const [folder, flag] = process.argv.slice(2);
if (folder === undefined || (flag !== undefined && flag !== '--wipe')) {
  process.stderr.write('Usage: npm run ceph:down -- FOLDER [--wipe]\n');
  process.exit(2);
}
await stopCluster(resolve(folder), { wipe: flag === '--wipe' });
