/**
 * Uploads a generated file: `node put-generated.ts SERVER HOME SEED SIZE EMAIL PASSWORD`. A process
 * of its own, so that it can be killed and its memory measured. The hash of an earlier attempt is
 * kept below HOME, as the command line keeps it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContentHasher, type HashedContent, uploadFile } from '@valise/client';
import { createNodeClient } from '@valise/client-node';
import { GeneratedSource } from './generated-source.ts';

const [server = '', home = '', seed = '', size = '0', email = '', password = ''] =
  process.argv.slice(2);

const client = createNodeClient({ server, home });
if ((await client.api.accounts.current()) === null) {
  await client.api.accounts.login({ email, password, device: 'bench' });
}

const file = join(home, 'hashed.json');
const hasher: ContentHasher = {
  async hash(source, options) {
    const kept = await readFile(file, 'utf8').catch(() => null);
    if (kept !== null) return revive(kept);
    const hashed = await client.hasher.hash(source, options);
    const records = Buffer.from(hashed.records).toString('base64');
    await writeFile(file, JSON.stringify({ ...hashed, records }));
    return hashed;
  },
};

function revive(text: string): HashedContent {
  const { records, ...rest } = JSON.parse(text);
  return { ...rest, records: new Uint8Array(Buffer.from(records, 'base64')) };
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
