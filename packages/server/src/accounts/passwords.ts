import { hash, verify } from '@node-rs/argon2';
import { AppError } from '@valise/core/errors';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. About 11 ms of one core. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes at once: leaves threads of the pool to others and bounds the memory to 38 MiB. */
const MAX_RUNNING = 2;
/** Waiting ones beyond this would time out anyway: about a second of work. */
const MAX_WAITING = 100;

export interface Passwords {
  hash(password: string): Promise<string>;
  /**
   * Does the password fit? A missing hash (an unknown account) takes the same time and answers no.
   * `admit` runs when the turn has come and may refuse by throwing.
   */
  verify(stored: string | undefined, password: string, admit: () => void): Promise<boolean>;
}

/** argon2id in a bounded queue, so that a flood of logins eats neither memory nor the machine. */
export function createPasswords(): Passwords {
  const inTurn = createTurns();
  const nobodys = hash('nobody has this password', ARGON2ID);
  return {
    hash: (password) => inTurn(() => hash(normalize(password), ARGON2ID)),
    verify: (stored, password, admit) =>
      inTurn(async () => {
        admit();
        const fits = await verify(stored ?? (await nobodys), normalize(password));
        return fits && stored !== undefined;
      }),
  };
}

/** One keyboard sends é as one code point, another as two. */
function normalize(password: string): string {
  return password.normalize('NFC');
}

function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (waiting.length >= MAX_WAITING) {
      throw new AppError('rate-limited', 'Too many people sign in at this moment.', {
        retryAfter: 2,
      });
    }
    // A turn that ends is handed on, not given back: `running` never counts it twice.
    if (running >= MAX_RUNNING) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
