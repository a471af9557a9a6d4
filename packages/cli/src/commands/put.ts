import { join } from 'node:path';
import { createKnownVersions } from '@valise/client-node';
import { type Command, Option } from 'commander';
import { formatBytes, formatDuration, formatSpeed, plural, printable } from '../output/format.ts';
import { createMeter } from '../output/meter.ts';
import type { Output } from '../output/output.ts';
import { parseRemotePath } from '../paths/remote-path.ts';
import { rememberFingerprints } from '../put/fingerprint-cache.ts';
import type { PutSummary } from '../put/put-files.ts';
import { putPaths } from '../put/put-paths.ts';
import type { Context, Runner } from '../run/context.ts';
import type { ExitCode } from '../run/exit-codes.ts';
import { resumable } from '../run/resumable.ts';
import { createTally } from '../run/tally.ts';

const HELP = `
Each path goes into the folder under its own name, a folder with all below it; "dir/." puts the
content alone. A file of the same name is replaced, folders are merged. Symlinks stay symlinks.
Of a large file that was changed only the changes are sent. After an interruption, whatever caused
it, repeating the command goes on: what is there already is not sent again.

Examples:
  valise put holiday.mp4
  valise put *.jpg videos --to Photos/Lisbon
  valise put -- -odd-name.txt`;

interface PutOptions {
  readonly to: string;
}

export function addPut(program: Command, run: Runner): void {
  program
    .command('put')
    .description('upload files and folders')
    .argument('<path...>', 'local files and folders')
    .addOption(
      new Option('--to <folder>', 'remote folder, made if missing').default('/', 'the root'),
    )
    .addHelpText('after', HELP)
    .action((paths: string[], options: PutOptions) =>
      run((context) => runPut(context, paths, options)),
    );
}

async function runPut(
  context: Context,
  paths: readonly string[],
  options: PutOptions,
): Promise<ExitCode> {
  const { out, signal, env } = context;
  const to = parseRemotePath(options.to);
  const { api, tree, transfer, server, now } = await context.connect();
  const fingerprints = join(env.stateDir, 'fingerprints');
  const hasher = rememberFingerprints(transfer.hasher, { folder: fingerprints, now });
  const versions = createKnownVersions(join(env.stateDir, 'versions'), server);
  const tally = createTally(out);
  const meter = createMeter(out);
  const begun = now();
  const deps = { api, tree, out, meter, tally, signal, fingerprints, versions };
  try {
    const summaries = await resumable(signal, () =>
      putPaths({ ...deps, transfer: { ...transfer, hasher } }, paths, to),
    );
    meter.stop();
    summarise(out, summaries, now() - begun);
  } finally {
    meter.stop();
  }
  return tally.exit();
}

function summarise(out: Output, summaries: readonly PutSummary[], milliseconds: number): void {
  const total = { files: 0, bytes: 0, bytesSent: 0 };
  for (const { localPath, remotePath, entries, files, bytes, bytesSent } of summaries) {
    if (entries === 0) continue;
    total.files += files;
    total.bytes += bytes;
    total.bytesSent += bytesSent;
    const size = `${plural(files, 'file')}, ${formatBytes(bytes)}`;
    out.result(
      { type: 'put', localPath, path: remotePath, files, bytes, bytesSent },
      `${printable(localPath)} → ${printable(remotePath)} (${size})`,
    );
  }
  const { bytesSent } = total;
  out.result({ type: 'summary', ...total, milliseconds: Math.round(milliseconds) }, null);
  if (total.bytes === 0) return;
  out.note(
    bytesSent === 0
      ? 'Nothing had to be sent: the server has this content already.'
      : `Sent ${formatBytes(bytesSent)} in ${formatDuration(milliseconds)} (${formatSpeed(bytesSent, milliseconds)}).`,
  );
}
