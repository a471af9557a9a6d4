import { AppError } from '@valise/core/errors';

/** Consonants without look-alikes: nothing to misread, and no words by accident. */
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const LENGTH = 8;

/**
 * Eight letters (2.6 · 10^10 codes) from random bytes. Bytes of 240 and more are skipped, so that
 * every letter is equally likely; 64 bytes are always plenty.
 */
export function makeUserCode(randomBytes: (length: number) => Uint8Array): string {
  let code = '';
  while (code.length < LENGTH) {
    for (const byte of randomBytes(64)) {
      if (byte < 240 && code.length < LENGTH) code += ALPHABET[byte % ALPHABET.length];
    }
  }
  return code;
}

/** As a person reads it: `BCDF-GHJK`. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
}

/** Takes what a person types: any case, with or without hyphen and spaces. */
export function parseUserCode(text: string): string {
  const code = text.toUpperCase().replaceAll(/[\s-]/g, '');
  if (code.length !== LENGTH || [...code].some((letter) => !ALPHABET.includes(letter))) {
    throw unknownUserCode();
  }
  return code;
}

export function unknownUserCode(): AppError {
  return new AppError(
    'user-code-not-found',
    'No device waits under this code. Check it, or start the login on the device again.',
  );
}
