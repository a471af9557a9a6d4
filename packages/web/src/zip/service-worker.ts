/// <reference lib="webworker" />
import { answerDownload, offerDownload } from './offered-downloads.ts';

/**
 * Turns a stream made in a page into a download of the browser: the page offers the stream under an
 * address, a hidden frame asks for that address, and the answer is the stream. Nothing else goes
 * through here; nothing is cached.
 */
const worker = globalThis as unknown as ServiceWorkerGlobalScope;

worker.addEventListener('install', () => void worker.skipWaiting());
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener('message', ({ data, ports }) => {
  const [port] = ports;
  if (port !== undefined) offerDownload(data, port);
});

worker.addEventListener('fetch', (event) => {
  const answer = answerDownload(new URL(event.request.url));
  if (answer !== null) event.respondWith(answer);
});
