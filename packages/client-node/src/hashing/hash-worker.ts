/** A thread that chunks and hashes stretches of files, one after the other, as they are sent. */
import { parentPort } from 'node:worker_threads';
import type { HashReport, HashTask } from './hash-task.ts';
import { performTask } from './perform-task.ts';

function report(message: HashReport): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', (task: HashTask) => {
  report(performTask(task, (bytes) => report({ type: 'progress', bytes })));
});
