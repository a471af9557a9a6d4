import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, type Answer, Api } from '../harness/api.ts';
import { type CliOptions, type CliResult, valise } from '../harness/cli.ts';

/** Nothing stays away for longer: whoever waits in vain has found a fault. */
const PATIENCE_MS = 120_000;
/** The database is being recovered, a server restarts. */
const PASSING = new Set([429, 500, 502, 503, 504]);

/** Somebody who repeats every call until it is answered by more than an outage. */
export class Person {
  readonly account: Account;
  readonly #url: () => string;
  #token: string | null = null;
  /** Answers that no outage excuses. */
  readonly internalErrors: string[] = [];

  private constructor(account: Account, url: () => string) {
    this.account = account;
    this.#url = url;
  }

  static async register(url: () => string): Promise<Person> {
    return new Person(await new Api(url()).register(), url);
  }

  /** Calls that are safe to repeat. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.once(method, path, body);
      if (answer !== null) return answer;
      if (Date.now() > deadline)
        throw new Error(`${method} ${path}: no answer in ${PATIENCE_MS} ms`);
      await sleep(200);
    }
  }

  /** null: the call may or may not have had an effect. */
  async once(method: string, path: string, body?: unknown): Promise<Answer | null> {
    try {
      this.#token ??= await this.#login();
      const answer = await new Api(this.#url(), this.#token).call(method, path, body);
      if (answer.status === 401) this.#token = null;
      if (answer.status === 500) this.internalErrors.push(`${method} ${path}: ${answer.status}`);
      return PASSING.has(answer.status) || answer.status === 401 ? null : answer;
    } catch {
      return null;
    }
  }

  /** Signs a device in; `home` is its folder. */
  async loginDevice(home: string): Promise<void> {
    const { email, password } = this.account;
    const args = ['login', this.#url(), '--email', email, '--password-stdin'];
    for (let tries = 0; tries < 60; tries++) {
      const result = await valise(args, { home, input: password });
      if (result.code === 0) return;
      await sleep(500);
    }
    throw new Error('no device could sign in');
  }

  async #login(): Promise<string> {
    const { email, password } = this.account;
    const answer = await new Api(this.#url()).post('/auth/login', { email, password });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body.accessToken;
  }
}

export interface StubbornOptions extends CliOptions {
  /** After how long to kill this attempt; null leaves it alone. */
  readonly killAfter: () => number | null;
  readonly mostAttempts?: number;
}

/** Repeats a command, killed now and then, until it says 0. Answers the attempts it took. */
export async function stubborn(
  args: readonly string[],
  { killAfter, mostAttempts = 60, ...options }: StubbornOptions,
): Promise<number> {
  let result: CliResult | undefined;
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    result = await valiseKilled(args, { ...options, killAfter });
    if (result.code === 0) return attempt;
    if (result.code === 2 || result.code === 3) break;
  }
  throw new Error(`valise ${args.join(' ')}: exit ${result?.code}: ${result?.stderr}`);
}

/** One attempt, perhaps cut short. */
export async function valiseKilled(
  args: readonly string[],
  { killAfter, ...options }: StubbornOptions,
): Promise<CliResult> {
  const after = killAfter();
  return await valise(args, {
    ...options,
    onStart: (child) => {
      if (after !== null) setTimeout(() => child.kill('SIGKILL'), after).unref();
    },
  });
}
