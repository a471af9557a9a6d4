import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';
import { parseRate } from '../sync/parse-rate.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/valise.js', import.meta.url));

export function addService(program: Command, run: Runner): void {
  program
    .command('service')
    .description('run the sync in the background')
    .command('install')
    .description('write a systemd user unit that syncs a folder')
    .argument('<folder>', 'local folder')
    .option('--limit-up <rate>', 'bytes a second that sending may take, like 500k or 2M', parseRate)
    .option('--limit-down <rate>', 'the same for receiving', parseRate)
    .action((folder: string, limits: Limits) =>
      run((context) => install(context, resolve(folder), limits)),
    );
}

interface Limits {
  readonly limitUp?: number;
  readonly limitDown?: number;
}

async function install({ env, out }: Context, folder: string, limits: Limits): Promise<ExitCode> {
  const units = join(homedir(), '.config', 'systemd', 'user');
  const path = join(units, 'valise.service');
  mkdirSync(units, { recursive: true });
  const home = env.stateDir === env.configDir ? env.stateDir : null;
  writeFileSync(path, unit(folder, { home, limits }));
  out.result(
    { type: 'service', path },
    `Wrote ${path}. Start it now and at every login with:\n  systemctl --user enable --now valise`,
  );
  return EXIT.done;
}

/** `home`: where login and state lie, if not in the usual folders. */
function unit(
  folder: string,
  { home, limits }: { readonly home: string | null; readonly limits: Limits },
): string {
  const options = [
    ...(limits.limitUp === undefined ? [] : [` --limit-up ${limits.limitUp}`]),
    ...(limits.limitDown === undefined ? [] : [` --limit-down ${limits.limitDown}`]),
  ].join('');
  return `[Unit]
Description=Valise keeps ${folder} in step
After=network-online.target

[Service]
ExecStart=${quote(process.execPath)} ${quote(LAUNCHER)} sync ${quote(folder)}${options}
${home === null ? '' : `Environment=${quote(`VALISE_HOME=${home}`)}\n`}Restart=on-failure
RestartSec=10
# The login ended, or a decision is needed: starting again would change nothing.
RestartPreventExitStatus=2 3 5

[Install]
WantedBy=default.target
`;
}

/** systemd reads quotes, backslashes, % and $ in its own way. */
function quote(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return `"${escaped.replaceAll('$', '$$$$')}"`;
}
