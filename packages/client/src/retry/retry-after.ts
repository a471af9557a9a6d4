/** Seconds from a `Retry-After` header in its plain form; undefined for none, a date or rubbish. */
export function parseRetryAfter(value: string | null): number | undefined {
  if (value === null || !/^\d{1,9}$/.test(value.trim())) return undefined;
  return Number(value);
}
