import { choose, chooseAll, NOTHING, type Selection, step } from './selection.ts';

export interface KeyPress {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

export interface KeyContext {
  readonly selection: Selection;
  readonly order: readonly string[];
  /** Rows that fit the view. */
  readonly page: number;
  onSelect(selection: Selection): void;
}

export interface KeyActions {
  open(): void;
  remove(): void;
  rename(): void;
  menu(): void;
}

/** What a key does in a list of files. False: not ours. */
export function gridKey(press: KeyPress, context: KeyContext, actions: KeyActions): boolean {
  const { selection, order, onSelect } = context;
  const { key, shiftKey: range } = press;
  const control = press.ctrlKey || press.metaKey;
  const go = (by: number) => onSelect(step(selection, order, { by, range }));
  switch (key) {
    case 'ArrowDown':
      go(1);
      return true;
    case 'ArrowUp':
      go(-1);
      return true;
    case 'PageDown':
      go(context.page);
      return true;
    case 'PageUp':
      go(-context.page);
      return true;
    case 'Home':
      go(-order.length);
      return true;
    case 'End':
      go(order.length);
      return true;
    case ' ':
      if (selection.active !== null) {
        onSelect(choose(selection, order, { id: selection.active, toggle: true }));
      }
      return true;
    case 'a':
      if (control) onSelect(chooseAll(selection, order));
      return control;
    case 'Escape':
      onSelect(NOTHING);
      return selection.chosen.size > 0;
    default:
      return act(press, actions);
  }
}

function act({ key, shiftKey }: KeyPress, actions: KeyActions): boolean {
  if (key === 'Enter') actions.open();
  else if (key === 'Delete') actions.remove();
  else if (key === 'F2') actions.rename();
  else if (key === 'ContextMenu' || (key === 'F10' && shiftKey)) actions.menu();
  else return false;
  return true;
}
