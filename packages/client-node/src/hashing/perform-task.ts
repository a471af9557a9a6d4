import { readSync } from 'node:fs';
import { hashStretch } from './hash-stretch.ts';
import type { FinalReport, HashTask } from './hash-task.ts';
import { PartDigests } from './part-digests.ts';

/** Bytes per word about progress: each costs both threads something. */
const TOLD_AT_ONCE = 4 * 1_048_576;

const NO_PARTS = { size: 1, total: 0 };

/** Thrown to leave a stretch before its end. */
class Interruption extends Error {
  readonly report: FinalReport;

  constructor(report: FinalReport) {
    super(report.type);
    this.report = report;
  }
}

export interface TaskWatch {
  /** Bytes read since the last call. */
  onProgress(bytes: number): void;
  isStopped(): boolean;
}

/** Hashes a stretch on the calling thread. Answers the report that ends the task. */
export function performTask(task: HashTask, { onProgress, isStopped }: TaskWatch): FinalReport {
  const parts = new PartDigests(task.parts ?? NO_PARTS);
  let untold = 0;
  try {
    const chain = hashStretch(task, {
      read(into, position) {
        readFully(task.fd, into, position);
        parts.push(into);
      },
      onStep(bytes) {
        if (isStopped()) throw new Interruption({ type: 'stopped' });
        untold += bytes;
        if (untold < TOLD_AT_ONCE) return;
        onProgress(untold);
        untold = 0;
      },
    });
    onProgress(untold);
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
    if (count === 0) throw new Interruption({ type: 'changed' });
    done += count;
  }
}
