/**
 * `npm run ceph:up -- FOLDER PORT [memstore|bluestore]`: a Ceph object gateway on 127.0.0.1:PORT.
 * Prints the variables that point Valise at it. A second call starts only what isn't running.
 */
import { resolve } from 'node:path';
import { startCluster } from './cluster.ts';

const [folder, port = '', backend = 'memstore'] = process.argv.slice(2);
const isUsable = /^\d+$/.test(port) && (backend === 'memstore' || backend === 'bluestore');
if (folder === undefined || !isUsable) {
  process.stderr.write('Usage: npm run ceph:up -- FOLDER PORT [memstore|bluestore]\n');
  process.exit(2);
}
const environment = await startCluster(resolve(folder), { port: Number(port), backend });
for (const [name, value] of Object.entries(environment)) process.stdout.write(`${name}=${value}\n`);
