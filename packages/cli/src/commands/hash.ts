import { createFileHasher } from '@valise/client-node/hashing';
import { formatChunkId } from '@valise/core/chunking';
import { digestAt, recordCount, sizeAt } from '@valise/core/manifest';
import { type Command, InvalidArgumentError } from 'commander';
import { hashLocal } from '../hash/hash-local.ts';
import { printable } from '../output/format.ts';
import type { Output } from '../output/output.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';
import { forEachPath } from '../run/tally.ts';

const HELP = `
Two files with the same fingerprint have the same content. "-" is standard input. Nobody needs to
be logged in, and no server is asked.

Examples:
  valise hash holiday.mp4
  valise hash --chunks disk.img
  tar c Photos | valise hash -`;

interface HashOptions {
  readonly chunks?: true;
  readonly threads?: number;
}

export function addHash(program: Command, run: Runner): void {
  program
    .command('hash')
    .description('print the fingerprints of local files')
    .argument('<file...>', 'local files, or - for standard input')
    .option('--chunks', 'also list the chunks: offset, size, SHA-256')
    .option(
      '--threads <number>',
      'threads to use (default: 2, or 1 on one processor)',
      parseThreads,
    )
    .addHelpText('after', HELP)
    .action((paths: string[], options: HashOptions) =>
      run((context) => runHash(context, paths, options)),
    );
}

async function runHash(
  { out, signal }: Context,
  paths: readonly string[],
  { chunks, threads }: HashOptions,
): Promise<ExitCode> {
  const hasher = createFileHasher(threads === undefined ? {} : { threads });
  try {
    return await forEachPath(out, signal, paths, async (path) => {
      const { size, fingerprint, records } = await hashLocal(path, { hasher, signal });
      if (chunks) listChunks(out, path, records);
      const line = { type: 'hash', path, size, fingerprint, chunks: recordCount(records) };
      out.result(line, `${fingerprint}  ${printable(path)}`);
    });
  } finally {
    await hasher.close();
  }
}

function listChunks(out: Output, path: string, records: Uint8Array): void {
  let offset = 0;
  for (let index = 0; index < recordCount(records); index++) {
    const size = sizeAt(records, index);
    const id = formatChunkId(digestAt(records, index));
    out.result({ type: 'chunk', path, offset, size, id }, `${offset} ${size} ${id}`);
    offset += size;
  }
}

function parseThreads(text: string): number {
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 64) return threads;
  throw new InvalidArgumentError('A number from 1 to 64.');
}
