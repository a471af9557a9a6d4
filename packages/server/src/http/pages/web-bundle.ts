import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

export type Encoding = 'br' | 'gzip';

export interface BundleFile {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  readonly encoded: Readonly<Partial<Record<Encoding, Buffer>>>;
}

/** The web app as its build left it, in memory (some 2 MB). */
export interface WebBundle {
  /** The page that every address of the app answers; `{{nonce}}` is to be filled in. */
  readonly index: string;
  /** By address: `/assets/index-B7dk2.js`. */
  readonly files: ReadonlyMap<string, BundleFile>;
}

export async function readWebBundle(folder: string): Promise<WebBundle> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const content = new Map<string, Buffer>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    content.set(path.slice(folder.length).replaceAll('\\', '/'), await readFile(path));
  }
  const index = content.get('/index.html');
  if (index === undefined) throw new Error(`${folder} holds no web app.`);
  return { index: index.toString('utf8'), files: filesOf(content) };
}

function filesOf(content: ReadonlyMap<string, Buffer>): Map<string, BundleFile> {
  const files = new Map<string, BundleFile>();
  for (const [address, body] of content) {
    const type = TYPES[extname(address)];
    if (type === undefined || address === '/index.html') continue;
    const br = content.get(`${address}.br`);
    const gzip = content.get(`${address}.gz`);
    files.set(address, {
      type,
      body,
      etag: `"${hash('sha256', body, 'base64url').slice(0, 22)}"`,
      encoded: { ...(br === undefined ? {} : { br }), ...(gzip === undefined ? {} : { gzip }) },
    });
  }
  return files;
}
