const PREFIX = 'valise-tab-';

/**
 * Holds a lock for as long as this worker lives, so that others can tell a tab that is at work from
 * one that crashed. Without locks (no secure context) every other tab counts as gone.
 */
export function announceTab(tab: string): void {
  void navigator.locks?.request(PREFIX + tab, () => new Promise(() => {}));
}

export async function livingTabs(): Promise<ReadonlySet<string>> {
  const held = (await navigator.locks?.query())?.held ?? [];
  return new Set(held.map(({ name = '' }) => name.slice(PREFIX.length)));
}
