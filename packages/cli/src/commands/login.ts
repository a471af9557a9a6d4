import type { AccountsApi } from '@valise/client';
import type { User } from '@valise/core/wire';
import { type Command, Option } from 'commander';
import { ask, readSecretFromStdin } from '../login/ask.ts';
import { deviceLogin } from '../login/device-login.ts';
import { lastServer, rememberServer } from '../login/last-server.ts';
import { LOCAL_SERVER, parseServerUrl } from '../login/server-url.ts';
import { printable } from '../output/format.ts';
import { openConnection } from '../run/connection.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';

const HELP = `
Without --email, a code is shown that you confirm in a browser where you are signed in.

Examples:
  valise login https://files.example.org
  valise login https://files.example.org --register
  valise login https://files.example.org --email ann@example.org --password-stdin < secret`;

interface LoginOptions {
  readonly email?: string;
  readonly passwordStdin?: true;
  readonly register?: true;
  readonly name?: string;
  readonly device?: string;
}

export function addLogin(program: Command, run: Runner): void {
  program
    .command('login')
    .description('log this device in')
    .argument('[url]', `the server (default: the one of the last login, else ${LOCAL_SERVER})`)
    .option('--email <address>', 'log in with a password')
    .option('--password-stdin', 'read the password from standard input')
    .option('--register', 'make an account first')
    .addOption(new Option('--name <name>', 'your name, for --register').implies({ register: true }))
    .option('--device <name>', 'what to call this device (default: the host name)')
    .addHelpText('after', HELP)
    .action((url: string | undefined, options: LoginOptions) =>
      run((context) => runLogin(context, url, options)),
    );
}

async function runLogin(
  context: Context,
  url: string | undefined,
  options: LoginOptions,
): Promise<ExitCode> {
  const { env, out } = context;
  const typed = url ?? context.server ?? (await lastServer(env)) ?? LOCAL_SERVER;
  const connection = await openConnection(env, parseServerUrl(typed), { signal: context.signal });
  try {
    const { accounts, server } = connection.api;
    const user = await logIn(context, accounts, options);
    await rememberServer(env, server);
    const device = (await accounts.current())?.device ?? null;
    out.result(
      { type: 'login', server, user, device },
      `Logged in to ${server} as ${printable(user.name)} (${printable(user.email)}).`,
    );
    return EXIT.done;
  } finally {
    await connection.close();
  }
}

async function logIn(
  { env, out, signal }: Context,
  accounts: AccountsApi,
  options: LoginOptions,
): Promise<User> {
  const device = options.device ?? env.deviceName;
  if (options.register || options.email !== undefined || options.passwordStdin) {
    const name = options.register ? (options.name ?? (await ask('Your name', OPEN))) : null;
    const email = options.email ?? (await ask('E-mail address', OPEN));
    const password = await readPassword(options);
    return name === null
      ? accounts.login({ email, password, device }, { signal })
      : accounts.register({ email, name, password, device }, { signal });
  }
  return deviceLogin(accounts, {
    device,
    signal,
    show: ({ userCode, verificationUri, expiresIn }) => {
      out.note(`Open ${verificationUri}\nand confirm the code ${userCode}`);
      if (out.json) out.result({ type: 'code', userCode, verificationUri, expiresIn }, null);
    },
  });
}

const OPEN = { secret: false } as const;

function readPassword(options: LoginOptions): Promise<string> {
  return options.passwordStdin ? readSecretFromStdin() : ask('Password', { secret: true });
}
