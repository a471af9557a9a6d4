import pg from 'pg';

/*
 * COPY … TO STDOUT in PostgreSQL's binary format: each row is a message of its own whose bytes can
 * be kept as they are, where the driver makes a string of every column of an ordinary query.
 *
 * The first message begins with a head of 19 bytes (an extension, whose length stands at its end,
 * is empty so far); a row is a count of columns, then for each a length and the bytes; a count of
 * -1 is the end.
 */
const HEAD_BYTES = 19;
const END = -1;

/** A statement whose rows arrive as bytes. */
export class CopyOut extends pg.Query {
  readonly copied: (readonly Buffer[])[] = [];
  readonly #onFirst: (() => void) | undefined;
  #isBegun = false;

  constructor(
    statement: string,
    done: (error: Error | null | undefined) => void,
    onFirst?: () => void,
  ) {
    super({ text: `COPY (${statement}) TO STDOUT (FORMAT binary)` }, done);
    this.#onFirst = onFirst;
  }

  /** The driver's: it uses the chunk's memory again. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    const bytes = Buffer.from(this.#isBegun ? chunk : chunk.subarray(HEAD_BYTES));
    if (!this.#isBegun) this.#onFirst?.();
    this.#isBegun = true;
    const row = parseRow(bytes);
    if (row !== null) this.copied.push(row);
  }
}

/** Null at the end. A column that is null has the length -1 and comes as empty. */
function parseRow(bytes: Buffer): readonly Buffer[] | null {
  const count = bytes.readInt16BE(0);
  if (count === END) return null;
  const columns: Buffer[] = [];
  let at = 2;
  for (let n = 0; n < count; n++) {
    const end = at + 4 + Math.max(0, bytes.readInt32BE(at));
    columns.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return columns;
}

/** Such a statement takes no parameters: they become part of its text. */
export function withLiterals(text: string, parameters: readonly unknown[]): string {
  return text.replace(/\$(\d+)/g, (_, n: string) => {
    const value = parameters[Number(n) - 1];
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new TypeError(`Parameter ${n} is neither text nor number.`);
    }
    return pg.escapeLiteral(String(value));
  });
}
