import { type Finding, failed, ok, skipped } from './finding.ts';

/** What a part says the time is, and what this machine said then. */
export interface ClockReading {
  readonly part: string;
  readonly theirs: Date;
  readonly ours: Date;
}

/** A fifth of a download link's life. HTTP tells whole seconds. */
const TOLERANCE_MS = 60_000;

/** Signed URLs begin and end by the clocks of those who check them. */
export function checkClocks(readings: readonly ClockReading[]): Finding {
  if (readings.length === 0) return skipped('clocks', 'No other part tells the time.');
  const apart = readings.map(({ part, theirs, ours }) => ({
    part,
    ms: theirs.getTime() - ours.getTime(),
  }));
  const wrong = apart.filter(({ ms }) => Math.abs(ms) > TOLERANCE_MS);
  const parts = apart.map(({ part }) => part).join(', ');
  if (wrong.length === 0) return ok('clocks', `This machine and ${parts} agree on the time.`);
  const says = wrong.map(({ part, ms }) => `that of ${part} is ${describe(ms)}`).join(', ');
  const isOurs = wrong.length === apart.length && wrong.length > 1;
  const where = isOurs ? 'most likely on this machine' : 'on both machines';
  return failed(
    'clocks',
    `Seen from here, clocks are wrong: ${says}. Signed URLs come too early or end too late.`,
    `Keep them by NTP, ${where}: timedatectl set-ntp true`,
  );
}

function describe(ms: number): string {
  return `${Math.round(Math.abs(ms) / 1000)} s ${ms > 0 ? 'ahead' : 'behind'}`;
}
