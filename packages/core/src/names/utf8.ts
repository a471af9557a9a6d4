/** Bytes that well-formed `text` takes in UTF-8, counted without encoding it. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Each half of a surrogate pair counts two: four together.
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}

/**
 * The longest beginning of `text` that fits into `limit` bytes of UTF-8 and ends between
 * graphemes, so that no emoji or accent is torn. A first grapheme that is itself too long is cut
 * between code points instead: better a torn one than none.
 */
export function cutToBytes(text: string, limit: number): string {
  if (utf8Length(text) <= limit) return text;
  const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text);
  let end = fittingEnd(
    graphemes[Symbol.iterator]().map((part) => part.segment),
    limit,
  );
  if (end === 0) end = fittingEnd(text[Symbol.iterator](), limit);
  return text.slice(0, end);
}

function fittingEnd(pieces: Iterable<string>, limit: number): number {
  let end = 0;
  let bytes = 0;
  for (const piece of pieces) {
    bytes += utf8Length(piece);
    if (bytes > limit) break;
    end += piece.length;
  }
  return end;
}
