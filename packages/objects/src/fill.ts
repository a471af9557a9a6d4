/**
 * `node packages/objects/src/fill.ts COUNT [SIZE]`: puts that many small objects into the store in
 * VALISE_DATA while nothing serves it, faster than requests could: for measuring large stores.
 * Keys look like the server's (`v1/<3 hex>/<batch>/<n>`).
 */
import { createHash, randomBytes } from 'node:crypto';
import { readSettings } from './settings/settings.ts';
import { claimFolder } from './settings/store-folder.ts';
import { openStorage, type Storage } from './storage/storage.ts';

/** Objects below one batch prefix, as the largest batch of uploads makes them. */
const PER_BATCH = 256;

async function putBatch(
  storage: Storage,
  { count, size }: { count: number; size: number },
): Promise<void> {
  const id = randomBytes(16).toString('hex');
  const prefix = `v1/${id.slice(0, 3)}/${id}`;
  const puts = Array.from({ length: count }, (_, n) => {
    const inline = randomBytes(size);
    const record = {
      t: 'put',
      bucket: 'valise',
      key: `${prefix}/${n}`,
      size,
      etag: createHash('md5').update(inline).digest('hex'),
      at: Date.now(),
      extents: size > 0 ? ([['', 0, size]] as const) : [],
      headers: { 'content-type': 'application/octet-stream' },
      checksums: { sha256: createHash('sha256').update(inline).digest('base64') },
    } as const;
    return storage.commit(() => ({ records: [record], inline, result: null }));
  });
  await Promise.all(puts);
}

const [count, size] = [Number(process.argv[2]), Number(process.argv[3] ?? 100)];
if (!(count > 0) || !(size >= 0 && size <= 4096)) {
  process.stderr.write('Usage: node packages/objects/src/fill.ts COUNT [SIZE up to 4096]\n');
  process.exit(2);
}
const { folder } = readSettings();
const lock = await claimFolder(folder);
const storage = await openStorage(folder, {
  onBroken(error) {
    throw error;
  },
});
const bucket = { t: 'bucket', name: 'valise', at: Date.now() } as const;
await storage.commit(() => ({ records: [bucket], result: null }));
for (let left = count; left > 0; left -= PER_BATCH) {
  await putBatch(storage, { count: Math.min(left, PER_BATCH), size });
}
await storage.close();
lock.release();
