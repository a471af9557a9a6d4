import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lines, valise } from '@valise/acceptance/harness/cli';
import { REPOSITORY } from '@valise/acceptance/harness/server';
import { type Figure, mebibytes, times } from '../../measure/report.ts';
import type { Workbench } from '../workbench.ts';

const TEXT = /\.(js|cjs|mjs|ts|json|md|css|map|txt)$/;
const AIM = 0.4;
/** One command's lines are held in memory: about 600 bytes a file. */
const FOLDER_FILES = 500;

/** Text as people have it, from this project's dependencies: what of it is sent and stored. */
export async function textTree(bench: Workbench, count: number): Promise<Figure> {
  const tree = join(bench.folder, 'text');
  const raw = await gather(tree, count);
  const put = await valise(['put', '--json', tree], { home: join(bench.folder, 'home') });
  if (put.code !== 0) throw new Error(put.stderr);
  const all = lines(put);
  const stored = all
    .filter(({ type, action }) => type === 'file' && action === 'uploaded')
    .reduce((sum, { size, storedSize }) => sum + (storedSize ?? size), 0);
  const sent = all.find(({ type }) => type === 'summary').bytesSent;
  const ratio = Math.max(stored, sent) / raw;
  return {
    what: `a text tree of ${count} files: bytes stored and sent`,
    measured: times(ratio),
    aim: `≤ ${times(AIM)}`,
    met: ratio <= AIM,
    detail: `${mebibytes(raw)} raw, ${mebibytes(stored)} stored, ${mebibytes(sent)} sent`,
  };
}

/** Copies text files, none of them empty; answers their bytes. */
async function gather(tree: string, count: number): Promise<number> {
  let bytes = 0;
  let found = 0;
  const root = join(REPOSITORY, 'node_modules');
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (found === count) return bytes;
    if (!entry.isFile() || !TEXT.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = await stat(path);
    if (size === 0) continue;
    const folder = join(tree, String(Math.floor(found / FOLDER_FILES)));
    await mkdir(folder, { recursive: true });
    await copyFile(path, join(folder, `${found}-${entry.name}`));
    bytes += size;
    found++;
  }
  throw new Error(`There are only ${found} text files in ${root}.`);
}
