import { AppError } from '@valise/core/errors';
import { isUuid } from '@valise/core/ids';

/** Where a page ended: the sort value of its last item, as text, and its id. */
export interface PageCursor {
  readonly key: string;
  readonly id: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

/** Items on a page when the request doesn't say. */
export const DEFAULT_LIMIT = 100;

/** Digits that fit a bigint: sizes, and moments in microseconds. */
export const IS_NUMBER = /^\d{1,16}$/;

/**
 * A cursor only says where to go on in a list that is read anew under the caller's own rights, so
 * it needs no signature: whoever invents one gets a page of what they may see.
 */
export function encodeCursor(list: string, { key, id }: PageCursor): string {
  return Buffer.from(JSON.stringify([list, key, id])).toString('base64url');
}

/** Throws `bad-cursor` for anything that this list, sorted so, didn't hand out. */
export function decodeCursor(list: string, text: string, isKey: RegExp): PageCursor {
  const [of, key, id] = parseTriple(text);
  if (of !== list || !isKey.test(key) || !isUuid(id)) throw badCursor();
  return { key, id };
}

function parseTriple(text: string): readonly [string, string, string] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    throw badCursor(cause);
  }
  if (!Array.isArray(value) || value.length !== 3) throw badCursor();
  const [of, key, id]: readonly unknown[] = value;
  if (typeof of !== 'string' || typeof key !== 'string' || typeof id !== 'string') {
    throw badCursor();
  }
  return [of, key, id];
}

function badCursor(cause?: unknown): AppError {
  return new AppError('bad-cursor', 'Take the cursor of the page before, or none.', {
    details: { field: 'cursor' },
    cause,
  });
}

/** Shapes `limit + 1` rows at most into a page: the extra one only tells that there is more. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  shape: { readonly item: (row: Row) => Item; readonly cursor: (row: Row) => string },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(shape.item),
    cursor: rows.length > limit && last !== undefined ? shape.cursor(last) : null,
  };
}
