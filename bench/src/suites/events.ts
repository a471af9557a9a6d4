import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api, Json } from '@valise/acceptance/harness/api';
import { LiveSocket } from '@valise/acceptance/harness/live-socket';
import type { Report } from '../measure/report.ts';
import { quantile } from '../measure/statistics.ts';
import { Workbench } from './workbench.ts';

const SIZE = 4096;
/** New dead clients a second. */
const RATE = 20;
const AIM_MS = 500;
/** The sweeper comes by after 40 s: what is later than this wasn't brought about by an event. */
const PATIENCE_MS = 30_000;

/** Clients that die after their last byte: from the store's answer until others hear of the file. */
export async function events(count: number): Promise<Report> {
  await using bench = await Workbench.open();
  const socket = await LiveSocket.open(bench.server.url, bench.account.accessToken);
  const stored = new Map<string, number>();
  const heard = new Map<string, number>();
  const listening = listen(bench, socket, heard);
  // A store that has just been started may be waiting for a server that wasn't there yet.
  await sendAndDie(bench, 'the first', new Map());
  while (heard.size === 0) await sleep(20);
  heard.clear();
  const began = performance.now();
  const dead: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    await sleep(Math.max(0, began + (n * 1000) / RATE - performance.now()));
    dead.push(sendAndDie(bench, `orphan ${n}`, stored));
  }
  await Promise.all(dead);
  const deadline = performance.now() + PATIENCE_MS;
  while (heard.size < count && performance.now() < deadline) await sleep(50);
  socket.close();
  await listening;
  const delays = [...stored].map(([id, at]) => (heard.get(id) ?? Number.POSITIVE_INFINITY) - at);
  const p99 = quantile(delays, 0.99);
  return {
    title: 'Store events',
    how: `${count} files of ${SIZE} bytes, ${RATE} a second, each put to the embedded store by a client that then says nothing; from the store's answer until another socket of the account is told of the file. A batch must be quiet for 150 ms first; the first event since the start is not counted.`,
    figures: [
      {
        what: 'event → `uploaded`, p99',
        measured: `${p99.toFixed(0)} ms`,
        aim: `< ${AIM_MS} ms`,
        met: p99 < AIM_MS,
        detail: `p50 ${quantile(delays, 0.5).toFixed(0)} ms; ${heard.size} of ${count} heard of`,
      },
    ],
  };
}

async function sendAndDie(
  { api }: Workbench,
  name: string,
  stored: Map<string, number>,
): Promise<void> {
  const body = { name, size: SIZE, mimeType: 'application/octet-stream' };
  const { file, upload } = (await api.post('/files/presigned-url', body)).body;
  const { url, headers } = upload.parts[0].request;
  const answer = await fetch(url, { method: 'PUT', headers, body: randomBytes(SIZE) });
  if (answer.status !== 200) throw new Error(`The store answered ${answer.status}.`);
  stored.set(file.id, performance.now());
}

/** Until the socket is closed. */
async function listen(
  { api }: Workbench,
  socket: LiveSocket,
  heard: Map<string, number>,
): Promise<void> {
  let isClosed = false;
  let cursor = '';
  const closed = socket.closed.then(() => {
    isClosed = true;
  });
  while (!isClosed) {
    const message: Json = await Promise.race([socket.next(), closed]).catch(() => null);
    if (message === null || message === undefined) continue;
    const news = message.type === 'poll' ? await poll(api, cursor) : message;
    cursor = news.cursor;
    for (const { file } of news.changes ?? []) {
      if (file?.status === 'uploaded') heard.set(file.id, performance.now());
    }
  }
}

async function poll(api: Api, since: string): Promise<Json> {
  return (await api.get(`/files/changes?since=${encodeURIComponent(since)}`)).body;
}
