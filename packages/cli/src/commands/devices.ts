import { AppError } from '@valise/core/errors';
import type { Device } from '@valise/core/wire';
import type { Command } from 'commander';
import { formatTime, printable } from '../output/format.ts';
import { CliError } from '../run/cli-error.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';

const HELP = `
Examples:
  valise devices
  valise devices revoke "old laptop"`;

export function addDevices(program: Command, run: Runner): void {
  const devices = program
    .command('devices')
    .description('list the logins of your account, or end one')
    .addHelpText('after', HELP)
    .action(() => run(runList));
  devices
    .command('revoke')
    .description('end a login: it can do nothing more within 5 seconds')
    .argument('<device>', 'its id or its name')
    .action((device: string) => run((context) => runRevoke(context, device)));
}

async function runList({ out, signal, connect }: Context): Promise<ExitCode> {
  const { api } = await connect();
  for (const device of await api.accounts.devices({ signal })) {
    const mark = device.current ? '* ' : '  ';
    const seen = `last seen ${formatTime(device.lastSeenAt)}`;
    out.result(
      { ...device, type: 'device' },
      `${mark}${device.id}  ${printable(device.name)}  (${seen})`,
    );
  }
  return EXIT.done;
}

async function runRevoke({ out, signal, connect }: Context, wanted: string): Promise<ExitCode> {
  const { api } = await connect();
  const device = pickDevice(await api.accounts.devices({ signal }), wanted);
  await api.accounts.revokeDevice(device.id, { signal });
  out.result(
    { ...device, type: 'device', action: 'revoked' },
    `${printable(device.name)} is logged out.`,
  );
  return EXIT.done;
}

function pickDevice(devices: readonly Device[], wanted: string): Device {
  const found = devices.filter(({ id, name }) => id === wanted.toLowerCase() || name === wanted);
  const [device] = found;
  if (device === undefined) {
    throw new AppError('device-not-found', `There is no device ${wanted}. See: valise devices`);
  }
  if (found.length > 1) {
    throw new CliError('usage', `Several devices are named ${wanted}. Say which by its id.`);
  }
  return device;
}
