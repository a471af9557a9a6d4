/** What is chosen in a list, where the keyboard stands, and where a range began. */
export interface Selection {
  readonly chosen: ReadonlySet<string>;
  readonly active: string | null;
  readonly anchor: string | null;
}

export const NOTHING: Selection = { chosen: new Set(), active: null, anchor: null };

export interface Modifiers {
  /** Keeps what is chosen and changes this one. */
  readonly toggle?: boolean;
  /** Chooses everything from where the range began. */
  readonly range?: boolean;
}

/** A click on `id`; `order` is the list as it is shown. */
export function choose(
  selection: Selection,
  order: readonly string[],
  { id, toggle = false, range = false }: Modifiers & { readonly id: string },
): Selection {
  if (range && selection.anchor !== null) {
    const chosen = new Set(idsBetween(order, selection.anchor, id));
    return { chosen, active: id, anchor: selection.anchor };
  }
  if (!toggle) return { chosen: new Set([id]), active: id, anchor: id };
  const chosen = new Set(selection.chosen);
  if (!chosen.delete(id)) chosen.add(id);
  return { chosen, active: id, anchor: id };
}

/** The keyboard goes `by` rows up or down; it stops at the ends. */
export function step(
  selection: Selection,
  order: readonly string[],
  { by, range = false }: { readonly by: number; readonly range?: boolean },
): Selection {
  if (order.length === 0) return NOTHING;
  const from = selection.active === null ? -1 : order.indexOf(selection.active);
  const start = from === -1 && by < 0 ? order.length : from;
  const index = Math.min(Math.max(start + by, 0), order.length - 1);
  const id = order[index];
  if (id === undefined) return selection;
  return choose(selection, order, { id, range });
}

export function chooseAll(selection: Selection, order: readonly string[]): Selection {
  return { ...selection, chosen: new Set(order), active: selection.active ?? order[0] ?? null };
}

/** What is still there of a selection after the list changed. */
export function keepThose(selection: Selection, isThere: (id: string) => boolean): Selection {
  const chosen = [...selection.chosen].filter(isThere);
  if (chosen.length === selection.chosen.size) return selection;
  const still = (id: string | null) => (id !== null && isThere(id) ? id : null);
  return {
    chosen: new Set(chosen),
    active: still(selection.active),
    anchor: still(selection.anchor),
  };
}

function idsBetween(order: readonly string[], one: string, other: string): readonly string[] {
  const ends = [order.indexOf(one), order.indexOf(other)];
  if (ends.includes(-1)) return [other];
  return order.slice(Math.min(...ends), Math.max(...ends) + 1);
}
