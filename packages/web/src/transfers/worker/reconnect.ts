import type { Transport } from '@valise/client';

const ANSWER_TIMEOUT_MS = 10_000;
/** How long to wait for a connection that nobody announces. */
const ASK_EVERY_MS = 5_000;

export interface ReconnectDeps {
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Whether the server answers now. */
  isUp(): Promise<boolean>;
}

/**
 * Waits for a lost server: it is asked now and then, and at once when the browser has a connection
 * again. All who wait share the asking.
 */
export class Reconnect {
  readonly #deps: ReconnectDeps;
  #waiting: Promise<void> | null = null;
  #alarm = new AbortController();

  constructor(deps: ReconnectDeps) {
    this.#deps = deps;
  }

  whenUp(): Promise<void> {
    this.#waiting ??= this.#ask().finally(() => {
      this.#waiting = null;
    });
    return this.#waiting;
  }

  /** The browser says that there is a connection. */
  wake(): void {
    this.#alarm.abort();
  }

  async #ask(): Promise<void> {
    do {
      this.#alarm = new AbortController();
      // Woken early is as good as having slept.
      await this.#deps.sleep(ASK_EVERY_MS, this.#alarm.signal).catch(() => undefined);
    } while (!(await this.#deps.isUp()));
  }
}

export async function isServerUp(transport: Transport, server: string): Promise<boolean> {
  const url = `${server}/healthz`;
  return await transport.send({ method: 'GET', url, idleTimeoutMs: ANSWER_TIMEOUT_MS }).then(
    ({ status }) => status === 200,
    () => false,
  );
}
