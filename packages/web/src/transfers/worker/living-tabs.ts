const PREFIX = 'valise-tab-';

/**
 * Holds a lock for as long as this worker lives, so that others can tell a tab that is at work from
 * one that crashed. Without locks (no secure context) every other tab counts as gone.
 */
export function announceTab(tab: string): void {
  void navigator.locks?.request(PREFIX + tab, () => new Promise(() => {}));
}

/**
 * Does `work` once that tab is gone: at once, or when it closes or crashes while we watch. Nobody
 * else does it at the same time.
 */
export async function whenTabGone(tab: string, work: () => Promise<void>): Promise<void> {
  if (navigator.locks === undefined) await work();
  else await navigator.locks.request(PREFIX + tab, work);
}
