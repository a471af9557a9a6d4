import { MultiBar, type Options, type Params, type SingleBar } from 'cli-progress';
import { formatBytes, formatDuration } from './format.ts';
import type { Output } from './output.ts';
import { createSpeed, type Speed } from './speed.ts';

const TICK_MS = 250;
/** Leaves the words their place in 80 columns. */
const BAR_WIDTH = 12;
/** How often those without a bar hear of progress: a script often, a log file now and then. */
const JSON_EVERY_MS = 1_000;
const LINE_EVERY_MS = 10_000;

export type MeterPhase = 'hashing' | 'sending' | 'receiving' | 'verifying';

const PHASE_LABELS: Readonly<Record<MeterPhase, string>> = {
  hashing: 'Reading',
  sending: 'Sending',
  receiving: 'Receiving',
  verifying: 'Verifying',
};

/**
 * One total for a whole command: bytes per phase, files, speed and time left. Shown as a bar on a
 * terminal, as a plain line now and then elsewhere, as JSON lines with `--json`.
 */
export interface Meter {
  /** More was found to do. */
  expect(files: number, bytes: number): void;
  /** Nothing further will be found: only now is a time left worth telling. */
  foundAll(): void;
  /** Bytes of a phase are done; negative when some must be done again. */
  advance(phase: MeterPhase, bytes: number): void;
  fileEnded(): void;
  stop(): void;
}

interface Tally {
  files: number;
  filesEnded: number;
  bytes: number;
  complete: boolean;
  phase: MeterPhase;
  readonly done: Record<MeterPhase, number>;
}

export function createMeter(out: Output, now: () => number = Date.now): Meter {
  const done = { hashing: 0, sending: 0, receiving: 0, verifying: 0 };
  const tally: Tally = {
    files: 0,
    filesEnded: 0,
    bytes: 0,
    complete: false,
    phase: 'hashing',
    done,
  };
  const speeds = new Map<MeterPhase, Speed>();
  const bar = out.tty ? drawBar(out, () => describe(tally, speeds)) : null;
  const every = out.json ? JSON_EVERY_MS : LINE_EVERY_MS;
  const before = { ...done };
  let toldAt = now();

  const tick = () => {
    choosePhase(tally, before);
    const speed = speeds.get(tally.phase) ?? createSpeed();
    speeds.set(tally.phase, speed);
    speed.at(now(), tally.done[tally.phase]);
    bar?.update(tally);
    if (bar !== null || now() - toldAt < every) return;
    toldAt = now();
    out.progress(jsonOf(tally, speeds), describe(tally, speeds));
  };
  const timer = setInterval(tick, TICK_MS);
  timer.unref();
  return {
    expect(files, bytes) {
      tally.files += files;
      tally.bytes += bytes;
    },
    foundAll() {
      tally.complete = true;
    },
    advance(phase, bytes) {
      tally.done[phase] += bytes;
    },
    fileEnded() {
      tally.filesEnded++;
    },
    stop() {
      clearInterval(timer);
      bar?.stop();
    },
  };
}

/** Phases of many files overlap; while bytes are on the wire, these are what one waits for. */
const BY_INTEREST: readonly MeterPhase[] = ['sending', 'receiving', 'hashing', 'verifying'];

function choosePhase(tally: Tally, before: Record<MeterPhase, number>): void {
  const moving = BY_INTEREST.find((phase) => tally.done[phase] !== before[phase]);
  tally.phase = moving ?? tally.phase;
  Object.assign(before, tally.done);
}

interface Bar {
  update(tally: Tally): void;
  stop(): void;
}

function drawBar(out: Output, text: () => string): Bar {
  let stopped = false;
  const bars = new MultiBar({
    clearOnComplete: true,
    gracefulExit: false,
    hideCursor: true,
    linewrap: true,
    barsize: BAR_WIDTH,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    forceRedraw: true,
    format: (options: Options, { progress }: Params) => `${strip(options, progress)} ${text()}`,
  });
  let bar: SingleBar | null = null;
  out.divert((line) => void bars.log(line));
  return {
    update(tally) {
      bar ??= bars.create(1, 0);
      bar.setTotal(Math.max(1, tally.bytes));
      bar.update(Math.min(tally.done[tally.phase], Math.max(1, tally.bytes)));
    },
    stop() {
      if (stopped) return;
      stopped = true;
      // `stop` alone would swallow what was logged since the last frame.
      if (bar !== null) bars.update();
      bars.stop();
      out.divert(null);
    },
  };
}

function strip(options: Options, progress: number): string {
  const size = options.barsize ?? BAR_WIDTH;
  const full = Math.round(size * Math.min(1, progress));
  return (
    `${options.barCompleteChar}`.repeat(full) + `${options.barIncompleteChar}`.repeat(size - full)
  );
}

function secondsLeft(tally: Tally, perSecond: number): number | null {
  if (!tally.complete || perSecond <= 0) return null;
  return Math.max(0, tally.bytes - tally.done[tally.phase]) / perSecond;
}

function describe(tally: Tally, speeds: ReadonlyMap<MeterPhase, Speed>): string {
  const done = tally.done[tally.phase];
  const perSecond = speeds.get(tally.phase)?.perSecond() ?? 0;
  const percent = tally.bytes === 0 ? 0 : Math.floor((100 * done) / tally.bytes);
  const left = secondsLeft(tally, perSecond);
  const facts = [
    `${PHASE_LABELS[tally.phase]} ${Math.min(100, percent)} %`,
    `${formatBytes(done)} of ${formatBytes(tally.bytes)}${tally.complete ? '' : '+'}`,
    `${formatBytes(perSecond)}/s`,
  ];
  if (left !== null) facts.push(`${formatDuration(left * 1000)} left`);
  if (tally.files > 1) facts.push(`${tally.filesEnded}/${tally.files} files`);
  return facts.join(' · ');
}

function jsonOf(tally: Tally, speeds: ReadonlyMap<MeterPhase, Speed>) {
  const perSecond = speeds.get(tally.phase)?.perSecond() ?? 0;
  const left = secondsLeft(tally, perSecond);
  return {
    type: 'progress',
    phase: tally.phase,
    bytes: tally.done[tally.phase],
    bytesTotal: tally.bytes,
    files: tally.filesEnded,
    filesTotal: tally.files,
    bytesPerSecond: Math.round(perSecond),
    secondsLeft: left === null ? null : Math.ceil(left),
  };
}
