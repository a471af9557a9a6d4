const queues = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while nobody else with this name does: in no tab and no worker of this browser. Where
 * the page isn't in a secure context the browser has no such locks; then in no other place of this
 * page.
 */
export function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (navigator.locks !== undefined) return navigator.locks.request(name, work) as Promise<T>;
  const turn = (queues.get(name) ?? Promise.resolve()).then(work, work);
  queues.set(name, turn);
  return turn;
}
