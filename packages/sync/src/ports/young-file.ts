/** A clock and a disk may differ by so much in what time it is. */
const LEEWAY_MS = 100;

/**
 * Where file times have steps, a write within the same step as the last one doesn't show. So a file
 * that was written just now counts as changed at every look (it has another time of change each
 * time), until any further write would show. Answers whether it is so young.
 */
export function isYoung(
  modifiedAt: number,
  { now, step }: { readonly now: number; readonly step: number },
): boolean {
  return step > 0 && Math.abs(now - modifiedAt) <= step + LEEWAY_MS;
}
