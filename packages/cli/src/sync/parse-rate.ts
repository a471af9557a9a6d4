import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };
/** Below this nothing would ever arrive. */
const LEAST = 1_000;

/** `500k`, `2M`, `1.5m`, `300000`: bytes a second, in decimal units. */
export function parseRate(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?(?:\/s)?$/i.exec(text) ?? [];
  const rate = Math.round(Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
  if (rate >= LEAST) return rate;
  throw new InvalidArgumentError('Bytes a second, like 500k or 2M; at least 1k.');
}
