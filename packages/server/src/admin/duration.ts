const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3600_000, d: 86_400_000 };

/** `90s`, `15m`, `12h`, `7d` as milliseconds. Throws an Error that says what is wanted. */
export function parseDuration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new Error(`${text} is no duration: say 90s, 15m, 12h or 7d.`);
  return Number(count) * factor;
}
