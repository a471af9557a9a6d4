import { join } from 'node:path';
import { createKnownVersions } from '@valise/client-node';
import type { Command } from 'commander';
import type { GetSummary } from '../get/get-files.ts';
import { getPath } from '../get/get-path.ts';
import { createUnfinishedCopies } from '../get/unfinished.ts';
import { formatBytes, formatDuration, formatSpeed, plural, printable } from '../output/format.ts';
import { createMeter } from '../output/meter.ts';
import type { Output } from '../output/output.ts';
import { parseRemotePath } from '../paths/remote-path.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';
import { resumable } from '../run/resumable.ts';
import { createTally } from '../run/tally.ts';

const HELP = `
A destination that is a folder takes the copy in; one that is missing becomes the copy. Without
one the copy goes into the current folder. Files appear whole and verified or not at all; what is
the same here already is skipped, and of a large file that has an older copy here only the changes
are fetched. After an interruption, whatever caused it, repeating the command goes on.

Examples:
  valise get holiday.mp4
  valise get Photos/Lisbon /media/backup
  valise get / everything`;

export function addGet(program: Command, run: Runner): void {
  program
    .command('get')
    .description('download a file, or a folder with all below it')
    .argument('<path>', 'what to get')
    .argument('[dest]', 'where to (default: the current folder)')
    .addHelpText('after', HELP)
    .action((path: string, dest: string | undefined) =>
      run((context) => runGet(context, path, dest ?? null)),
    );
}

async function runGet(context: Context, text: string, dest: string | null): Promise<ExitCode> {
  const { out, signal, env } = context;
  const path = parseRemotePath(text);
  const { api, tree, transfer, server, now } = await context.connect();
  const file = path.length === 0 ? null : await tree.get(path);
  const unfinished = createUnfinishedCopies(join(env.stateDir, 'unfinished'));
  const versions = createKnownVersions(join(env.stateDir, 'versions'), server);
  const tally = createTally(out);
  const meter = createMeter(out);
  const begun = now();
  const deps = { api, transfer, out, meter, tally, signal, unfinished, versions };
  try {
    const summary = await resumable(signal, () => getPath(deps, { path, file, dest }));
    meter.stop();
    summarise(out, summary, now() - begun);
  } finally {
    meter.stop();
  }
  return tally.exit();
}

function summarise(out: Output, summary: GetSummary, milliseconds: number): void {
  const { localPath, remotePath, entries, ...counts } = summary;
  if (entries === 0) return;
  const { files, bytes, bytesReceived, unchanged } = counts;
  const skipped = unchanged > 0 ? `, ${unchanged} unchanged` : '';
  const size = `${plural(files, 'file')}, ${formatBytes(bytes)}${skipped}`;
  out.result(
    { type: 'get', path: remotePath, localPath, ...counts, milliseconds: Math.round(milliseconds) },
    `${printable(remotePath)} → ${printable(localPath)} (${size})`,
  );
  if (bytesReceived === 0) return;
  const speed = formatSpeed(bytesReceived, milliseconds);
  out.note(`Received ${formatBytes(bytesReceived)} in ${formatDuration(milliseconds)} (${speed}).`);
}
