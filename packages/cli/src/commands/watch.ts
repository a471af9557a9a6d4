import { type FeedStep, followChanges } from '@valise/client';
import type { ChangeEvent } from '@valise/core/wire';
import type { Command } from 'commander';
import { formatBytes, printable } from '../output/format.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';
import { KnownFiles, type SeenChange } from '../watch/known-files.ts';

const HELP = `
Runs until Ctrl-C (exit code 130). A server that restarts or is away for a while is waited for;
what changed meanwhile is shown then.

Examples:
  valise watch
  valise watch --all --json | jq -r 'select(.type == "change") | .path'`;

interface WatchOptions {
  readonly all?: true;
}

export function addWatch(program: Command, run: Runner): void {
  program
    .command('watch')
    .description('show what changes, on any device and by anyone, as it happens')
    .option('-a, --all', 'first show everything that is there')
    .addHelpText('after', HELP)
    .action((options: WatchOptions) => run((context) => runWatch(context, options)));
}

async function runWatch(context: Context, { all }: WatchOptions): Promise<ExitCode> {
  const { signal } = context;
  const { api, transfer } = await context.connect();
  const known = new KnownFiles();
  // What is there already is taken in, so that paths can be told, but shown only if asked for.
  let isCaughtUp = false;
  for await (const step of followChanges(api, { signal, ambient: transfer.ambient })) {
    if (step.kind !== 'changes') {
      showTurn(context, step);
      if (step.kind === 'reset') isCaughtUp = false;
      continue;
    }
    for (const change of step.changes) {
      const seen = known.see(change);
      if (isCaughtUp || all) showChange(context, change, seen);
    }
    if (isCaughtUp || step.hasMore) continue;
    isCaughtUp = true;
    context.out.result({ type: 'watching' }, null);
    context.out.note('Watching … (Ctrl-C ends it)');
  }
  signal.throwIfAborted();
  return EXIT.done;
}

const SIGN: Readonly<Record<SeenChange['action'], string>> = {
  added: '+',
  changed: '~',
  moved: '>',
  removed: '-',
};

function showChange({ out }: Context, change: ChangeEvent, seen: SeenChange): void {
  const { action, path, from } = seen;
  const what = change.type === 'upsert' ? change.file : change;
  const line = { type: 'change', action, path, ...(from === undefined ? {} : { from }) };
  const text = `${SIGN[action]} ${printable(from === undefined ? path : `${from} -> ${path}`)}`;
  const rest = Object.fromEntries(Object.entries(what).filter(([name]) => name !== 'type'));
  out.result({ ...line, ...rest }, `${text}${remark(change)}`);
}

function remark(change: ChangeEvent): string {
  if (change.type === 'remove') return change.reason === 'unshared' ? '  (no longer shared)' : '';
  const { kind, size } = change.file;
  return kind === 'folder' ? '/' : kind === 'file' ? `  ${formatBytes(size)}` : '';
}

function showTurn({ out }: Context, step: Exclude<FeedStep, { kind: 'changes' }>): void {
  if (step.kind === 'reset') {
    out.result({ type: 'reset', reason: step.reason }, null);
    out.note('The server’s history is another; looking at everything again.');
    return;
  }
  out.result({ type: 'connection', state: step.state }, null);
  if (step.state === 'down') out.note('The connection was lost; looking again every few seconds.');
}
