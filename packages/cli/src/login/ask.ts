import { text as askOpenly, password as askSecretly, isCancel } from '@clack/prompts';
import { CliError } from '../run/cli-error.ts';

/** Asks on the terminal, on stderr. Throws `usage` where there is none, `interrupted` on Ctrl-C. */
export async function ask(
  message: string,
  { secret }: { readonly secret: boolean },
): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new CliError('usage', `${message} cannot be asked for here: there is no terminal.`);
  }
  const options = { message, output: process.stderr };
  const answer = secret ? await askSecretly(options) : await askOpenly(options);
  if (isCancel(answer)) throw new CliError('interrupted', 'Stopped.');
  return answer ?? '';
}

/** All of stdin but for one line end, which `echo` adds. */
export async function readSecretFromStdin(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const piece of process.stdin) text += piece;
  return text.replace(/\r?\n$/, '');
}
