const DIGITS = '0123456789abcdef';
/** Two digits per byte value, so that a digest costs 32 look-ups. */
const PAIRS: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => `${DIGITS.charAt(byte >> 4)}${DIGITS.charAt(byte & 15)}`,
);

export function hexOf(bytes: Uint8Array): string {
  let hex = '';
  for (const byte of bytes) hex += PAIRS[byte];
  return hex;
}

/**
 * Decodes lower-case hex from `text[from…]` until `into` is full. Returns whether exactly that
 * many digits were there; if not, `into` holds rubbish.
 */
export function decodeHex(text: string, from: number, into: Uint8Array): boolean {
  if (text.length !== from + into.length * 2) return false;
  let faults = 0;
  for (let at = 0; at < into.length; at++) {
    const high = digit(text.charCodeAt(from + 2 * at));
    const low = digit(text.charCodeAt(from + 2 * at + 1));
    faults |= high | low;
    into[at] = (high << 4) | low;
  }
  return faults >= 0;
}

/** Negative for anything but 0–9 and a–f. */
function digit(unit: number): number {
  if (unit >= 48 && unit <= 57) return unit - 48;
  if (unit >= 97 && unit <= 102) return unit - 87;
  return -1;
}
