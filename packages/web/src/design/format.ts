const DAY_MS = 86_400_000;
const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** `1.4 MB`: decimal units with at most one digit behind the point, as file managers have it. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

export function formatSpeed(bytesPerSecond: number): string {
  return `${formatSize(Math.round(bytesPerSecond))}/s`;
}

/** `3 min left` */
export function formatTimeLeft(seconds: number): string {
  if (!(seconds < DAY_MS / 1_000)) return 'more than a day left';
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min left`;
  // Nobody counts on the minutes of half a day.
  if (minutes >= 600) return `${Math.round(minutes / 60)} h left`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });

/** The nearer the more precise: a time today, a day this year, else with its year. */
export function formatDate(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (date.getTime() >= midnight) return time.format(date);
  if (date.getTime() >= midnight - DAY_MS) return `Yesterday, ${time.format(date)}`;
  return (date.getFullYear() === now.getFullYear() ? dayOfYear : day).format(date);
}

export function formatFullDate(iso: string): string {
  return full.format(new Date(iso));
}

/** `1 item`, `12 items` */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? singular : plural}`;
}
