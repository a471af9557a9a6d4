import { count, formatSize, formatSpeed, formatTimeLeft } from '../design/format.ts';
import type { TransfersSnapshot } from './transfer-store.ts';

/** What goes on, in a few words. */
export function headline({ active, failed, waitingForFile, done }: TransfersSnapshot): string {
  if (active > 0) return `Sending ${count(active, 'file')}`;
  if (waitingForFile > 0) return `${count(waitingForFile, 'upload')} interrupted`;
  if (failed > 0) return `${count(failed, 'file')} failed`;
  return done > 0 ? `${count(done, 'file')} done` : 'Transfers';
}

/** How much, how fast, how long. */
export function subline({ all, active, bytes, total, speed }: TransfersSnapshot): string {
  if (active === 0) return formatSize(total);
  const sent = `${formatSize(bytes)} of ${formatSize(total)}`;
  // While files are only being looked through, a guess from what went before would be wild.
  if (speed === 0 || !all.some(({ phase }) => phase === 'sending')) return sent;
  return `${sent} · ${formatSpeed(speed)} · ${formatTimeLeft((total - bytes) / speed)}`;
}
