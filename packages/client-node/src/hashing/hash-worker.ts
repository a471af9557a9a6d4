/** A thread that chunks and hashes stretches of files, one after the other, as they are sent. */
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { hashStretch } from './hash-stretch.ts';
import type { HashReport, HashTask } from './hash-task.ts';
import { PartDigests } from './part-digests.ts';

/** Bytes per word about progress: each costs both threads something. */
const TOLD_AT_ONCE = 4 * 1_048_576;

const NO_PARTS = { size: 1, total: 0 };

/** Thrown to leave a stretch before its end. */
class Interruption extends Error {
  readonly report: HashReport;

  constructor(report: HashReport) {
    super(report.type);
    this.report = report;
  }
}

function perform(task: HashTask): HashReport {
  const parts = new PartDigests(task.parts ?? NO_PARTS);
  let untold = 0;
  try {
    const chain = hashStretch(task, {
      read(into, position) {
        readFully(task.fd, into, position);
        parts.push(into);
      },
      onStep(bytes) {
        if (Atomics.load(task.stop, 0) !== 0) throw new Interruption({ type: 'stopped' });
        untold += bytes;
        if (untold < TOLD_AT_ONCE) return;
        report({ type: 'progress', bytes: untold });
        untold = 0;
      },
    });
    report({ type: 'progress', bytes: untold });
    return { type: 'done', chain, partDigests: parts.digests() };
  } catch (error) {
    if (error instanceof Interruption) return error.report;
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    return { type: 'failed', message: String(error), code };
  }
}

function readFully(fd: number, into: Uint8Array, position: number): void {
  let done = 0;
  while (done < into.length) {
    const count = readSync(fd, into, done, into.length - done, position + done);
    if (count === 0) throw new Interruption({ type: 'shorter' });
    done += count;
  }
}

function report(message: HashReport): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (task: HashTask) => report(perform(task)));
