export interface Repetition {
  /** Milliseconds from the end of one run to the start of the next. */
  readonly everyMs: number;
  readonly work: () => Promise<unknown>;
  /** A failed run doesn't end the repetition. Of failures in a row, only the first is told. */
  readonly onError: (error: unknown) => void;
}

/** Runs work again and again, never two at once, without keeping the process alive. */
export function repeat(repetition: Repetition): { end(): Promise<void> } {
  let running: Promise<void> = Promise.resolve();
  let ended = false;
  let isFailing = false;

  async function run(): Promise<void> {
    try {
      await repetition.work();
      isFailing = false;
    } catch (error) {
      if (!isFailing) repetition.onError(error);
      isFailing = true;
    }
    if (!ended) schedule();
  }

  let timer: NodeJS.Timeout;
  function schedule(): void {
    timer = setTimeout(() => {
      running = run();
    }, repetition.everyMs).unref();
  }
  schedule();

  return {
    async end() {
      ended = true;
      clearTimeout(timer);
      await running;
    },
  };
}
