/** Compiles the chunker's inner loop to WebAssembly. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = join(import.meta.dirname, '../..');
/** As a program: its type declarations would change what the whole workspace's globals are. */
const COMPILER = join(ROOT, 'node_modules/assemblyscript/bin/asc.js');
const SOURCE = 'packages/core/assembly/find-cut.ts';
const FLAGS = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];

/** Where the compiled module is kept, as TypeScript: one form for every platform and bundler. */
export const MODULE_FILE = join(ROOT, 'packages/core/src/chunking/find-cut-module.ts');

/** The text of `MODULE_FILE` as the source makes it. The same source gives the same text. */
export async function buildFindCut(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-wasm-'));
  try {
    const output = join(folder, 'find-cut.wasm');
    const args = [COMPILER, SOURCE, ...FLAGS, '--importMemory', '--outFile', output];
    await run(process.execPath, args, { cwd: ROOT });
    const wasm = await readFile(output);
    return [
      '/** Made from `assembly/find-cut.ts` by `npm run build:wasm`: a WebAssembly module, in hex. */',
      `export const FIND_CUT_MODULE =\n  '${wasm.toString('hex')}';`,
      '',
    ].join('\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}
