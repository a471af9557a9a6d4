/** A thread that chunks and hashes stretches of files, one after the other, as they are sent. */
import { parentPort } from 'node:worker_threads';
import type { HashOrder, HashReport } from './hash-task.ts';
import { performTask } from './perform-task.ts';

function report(message: HashReport): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', ({ task, stop }: HashOrder) => {
  const answer = performTask(task, {
    onProgress: (bytes) => report({ type: 'progress', bytes }),
    isStopped: () => Atomics.load(stop, 0) !== 0,
  });
  report(answer);
});
