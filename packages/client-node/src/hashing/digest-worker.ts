/** A thread that hashes pieces of shared memory. Answers come in the order of the tasks. */
import { parentPort } from 'node:worker_threads';
import { digestEach } from './digest-each.ts';
import type { DigestTask } from './digest-task.ts';

parentPort?.on('message', (task: DigestTask) => parentPort?.postMessage(digestEach(task)));
