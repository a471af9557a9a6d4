/** Long enough to be calm, short enough to notice a change. */
const WINDOW_MS = 5_000;

/** Bytes per second over the last five seconds. */
export interface Speed {
  /** `bytes`: all bytes so far; may fall. */
  at(now: number, bytes: number): void;
  perSecond(): number;
}

export function createSpeed(): Speed {
  const samples: { readonly now: number; readonly bytes: number }[] = [];
  return {
    at(now, bytes) {
      samples.push({ now, bytes });
      while (samples.length > 2 && now - (samples[0]?.now ?? now) > WINDOW_MS) samples.shift();
    },
    perSecond() {
      const first = samples[0];
      const last = samples.at(-1);
      if (first === undefined || last === undefined || last.now === first.now) return 0;
      return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.now - first.now));
    },
  };
}
