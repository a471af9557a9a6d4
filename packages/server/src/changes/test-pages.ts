import type { ChangeEvent } from '@valise/core/wire';
import type { ChangesPage } from './read-changes.ts';

/** For tests: what a page tells. */
export function changesOf({ pieces }: ChangesPage): readonly ChangeEvent[] {
  return JSON.parse(`[${pieces.map((piece) => Buffer.from(piece).toString()).join(',')}]`);
}
