import { isAppError } from '@valise/core/errors';
import type { Command } from 'commander';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';

export function addLogout(program: Command, run: Runner): void {
  program
    .command('logout')
    .description('end this login; nothing on the server is lost')
    .action(() => run(runLogout));
}

async function runLogout({ out, signal, connect }: Context): Promise<ExitCode> {
  const { api, tokens } = await connect();
  try {
    await api.accounts.logout({ signal });
  } catch (error) {
    // Ended already, at the server: then only our own copy is left to forget.
    if (!isAppError(error, 'session-ended')) throw error;
    await tokens.clear();
  }
  out.result({ type: 'logout', server: api.server }, `Logged out of ${api.server}.`);
  return EXIT.done;
}
