import { hash } from 'node:crypto';

/** So often a text must have come in this process to be worth memory in every session. */
const OFTEN = 3;
/** Rare texts counted. */
const MAX_COUNTED = 2_000;
/** Texts named: each costs a session some ten kilobytes. Our texts are templates, few hundred. */
const MAX_NAMED = 300;

/** Answers the name to prepare this text under; undefined while it is rare. */
export type NameStatement = (text: string) => string | undefined;

export function createStatementNames(): NameStatement {
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MAX_NAMED) return known;
    const count = (counts.get(text) ?? 0) + 1;
    if (count < OFTEN) {
      if (counts.size >= MAX_COUNTED) counts.clear();
      counts.set(text, count);
      return undefined;
    }
    counts.delete(text);
    const name = hash('sha256', text).slice(0, 32);
    names.set(text, name);
    return name;
  };
}
