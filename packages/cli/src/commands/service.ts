import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { CliError } from '../run/cli-error.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';
import { adviceWithoutSystemd } from '../sync/other-services.ts';
import { parseRate } from '../sync/parse-rate.ts';
import { serviceUnit } from '../sync/service-unit.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/valise.js', import.meta.url));

const HELP = `
The unit starts what "valise sync" does, at every login. Folders that aren't wanted on this device are
chosen before: valise sync FOLDER --once --without Films. It lasts.`;

export function addService(program: Command, run: Runner): void {
  program
    .command('service')
    .description('run the sync in the background')
    .command('install')
    .description('write a systemd user unit that syncs a folder')
    .argument('<folder>', 'local folder')
    .option('--limit-up <rate>', 'bytes a second that sending may take, like 500k or 2M', parseRate)
    .option('--limit-down <rate>', 'the same for receiving', parseRate)
    .addHelpText('after', HELP)
    .action((folder: string, limits: Limits) =>
      run((context) => install(context, resolve(folder), limits)),
    );
}

interface Limits {
  readonly limitUp?: number;
  readonly limitDown?: number;
}

async function install({ env, out }: Context, folder: string, limits: Limits): Promise<ExitCode> {
  const advice = adviceWithoutSystemd(process.platform);
  if (advice !== null) throw new CliError('refused', advice);
  const units = join(homedir(), '.config', 'systemd', 'user');
  const path = join(units, 'valise.service');
  mkdirSync(units, { recursive: true });
  const home = env.stateDir === env.configDir ? env.stateDir : null;
  const options = [
    ...(limits.limitUp === undefined ? [] : ['--limit-up', `${limits.limitUp}`]),
    ...(limits.limitDown === undefined ? [] : ['--limit-down', `${limits.limitDown}`]),
  ];
  writeFileSync(
    path,
    serviceUnit({ program: [process.execPath, LAUNCHER], folder, options, home }),
  );
  out.result(
    { type: 'service', path, systemd: hasSystemd() },
    `Wrote ${path}. ${nextStep(folder)}`,
  );
  return EXIT.done;
}

function nextStep(folder: string): string {
  if (hasSystemd()) {
    return 'Start it now and at every login with:\n  systemctl --user enable --now valise';
  }
  return (
    'But systemd does not run this system, so nothing will start it: let what starts your programs at ' +
    `login run\n  valise sync '${folder.replaceAll("'", "'\\''")}'`
  );
}

/** As sd_booted(3) finds out. */
function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}
