/**
 * Uploads a generated file: `node put-generated.ts SERVER HOME SEED SIZE EMAIL PASSWORD`. A process
 * of its own, so that it can be killed and its memory measured. The hash of an earlier attempt is
 * kept below HOME, as the command line keeps it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { type ContentHasher, type HashedContent, uploadFile } from '@valise/client';
import { createNodeClient } from '@valise/client-node';
import { GeneratedSource } from './generated-source.ts';

// As the command line's launcher has it; the first is effective only when it is set at run time.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=50');

const [server = '', home = '', seed = '', size = '0', email = '', password = ''] =
  process.argv.slice(2);

const client = createNodeClient({ server, home });
if ((await client.api.accounts.current()) === null) {
  await client.api.accounts.login({ email, password, device: 'bench' });
}

const kept = { head: join(home, 'hashed.json'), records: join(home, 'hashed.records') };
const hasher: ContentHasher = {
  async hash(source, options) {
    const known = await readKept();
    if (known !== null) return known;
    const hashed = await client.hasher.hash(source, options);
    const { records, ...head } = hashed;
    await writeFile(kept.records, records);
    await writeFile(kept.head, JSON.stringify(head));
    return hashed;
  },
};

/** The head is written last: where it is, the records are whole. */
async function readKept(): Promise<HashedContent | null> {
  const head = await readFile(kept.head, 'utf8').catch(() => null);
  if (head === null) return null;
  return { ...JSON.parse(head), records: new Uint8Array(await readFile(kept.records)) };
}

const start = performance.now();
const result = await uploadFile(
  { ...client.transfers, hasher },
  {
    source: new GeneratedSource(seed, Number(size)),
    name: 'generated.bin',
    parentId: null,
    mimeType: 'application/octet-stream',
    modifiedAt: new Date(0),
    executable: false,
  },
);
await client.close();
const milliseconds = performance.now() - start;
const { status, fingerprint } = result.file;
console.log(JSON.stringify({ status, fingerprint, bytesSent: result.bytesSent, milliseconds }));
