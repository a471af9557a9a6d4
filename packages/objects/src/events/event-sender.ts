import { rename, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Journal, JournalPosition } from '../storage/journal.ts';
import { readCursor } from './event-cursor.ts';
import { type EventRecord, eventOf } from './event-record.ts';

/*
 * Tells a webhook what happened to objects. The journal itself is the queue: a cursor says up to
 * where the hook has answered 2xx, so events survive every crash that objects survive. Each is told
 * at least once, in order, one message on its way at a time.
 */

export interface EventTarget {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly secret: string | null;
}

export interface EventSender {
  /** Something was committed. */
  wake(): void;
  /** Resolves when nothing that stands below this segment is untold. Rejects when stopped. */
  toldBelow(segment: number): Promise<void>;
  stop(): Promise<void>;
}

/** Records in one message. */
const BATCH = 100;
/** What comes in quick succession travels together: a message costs both sides more than a record. */
const GATHER_MS = 20;
const ANSWER_MS = 10_000;
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 30_000;
/** A hook that is down for longer misses what happened: it must look at the store then anyway. */
const GIVE_UP_MS = 24 * 3600 * 1000;
const SAVE_MS = 1000;
/** After a disk that could not be read. */
const RETRY_MS = 10_000;

export async function startEventSender(
  journal: Journal,
  target: EventTarget,
  deps: { cursorPath: string; log: Pick<Logger, 'warn' | 'error'>; retryMs?: number },
): Promise<EventSender> {
  const { retryMs = RETRY_MS } = deps;
  const ending = new AbortController();
  const { signal } = ending;
  let cursor = await startCursor(deps.cursorPath, journal);
  let saved = 0;
  let woken: (() => void) | null = null;
  let isFresh = true;
  const moved = new Set<() => void>();

  const save = async (): Promise<void> => {
    saved = performance.now();
    try {
      await writeFile(`${deps.cursorPath}.new`, JSON.stringify(cursor), { mode: 0o600 });
      await rename(`${deps.cursorPath}.new`, deps.cursorPath);
    } catch (error) {
      // A full disk, say. The next save makes up for it; until then a restart tells events twice.
      deps.log.warn({ err: error }, 'the disk takes no note of the events that were told');
    }
  };
  const moveTo = async (position: JournalPosition): Promise<void> => {
    cursor = position;
    for (const tell of moved) tell();
    if (performance.now() - saved > SAVE_MS) await save();
  };
  const sleep = (): Promise<void> =>
    new Promise((resolve) => {
      woken = resolve;
      if (isFresh || signal.aborted) resolve();
    });
  const tellNew = async (): Promise<void> => {
    for await (const { records, next } of batches(journal, cursor)) {
      const isTold =
        records.length === 0 || (await deliver(target, records, { signal, log: deps.log }));
      await moveTo(isTold ? next : journal.end);
      if (!isTold) break;
    }
  };
  const run = async (): Promise<void> => {
    await save();
    while (!signal.aborted) {
      await sleep();
      await wait(GATHER_MS, undefined, { signal });
      isFresh = false;
      try {
        await tellNew();
      } catch (error) {
        signal.throwIfAborted();
        deps.log.error({ err: error }, 'the journal cannot be read for events');
        isFresh = true;
        await wait(retryMs, undefined, { signal });
      }
    }
  };
  const running = run()
    .catch((error) => {
      if (!signal.aborted) deps.log.error({ err: error }, 'events are no longer sent');
    })
    .finally(save);
  return {
    wake() {
      isFresh = true;
      woken?.();
    },
    async toldBelow(segment) {
      while (cursor.segment < segment) {
        signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          moved.add(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
        moved.clear();
      }
    },
    async stop() {
      ending.abort();
      woken?.();
      await running;
    },
  };
}

/** Without a cursor of this journal: from now on, or from its start if that has moved on. */
async function startCursor(path: string, journal: Journal): Promise<JournalPosition> {
  const cursor = await readCursor(path);
  if (cursor === null) return journal.end;
  if (cursor.segment < journal.start.segment) return journal.start;
  return journal.has(cursor) ? cursor : journal.end;
}

interface Batch {
  readonly records: readonly EventRecord[];
  /** Behind the last of them. */
  readonly next: JournalPosition;
}

async function* batches(journal: Journal, from: JournalPosition): AsyncGenerator<Batch> {
  let records: EventRecord[] = [];
  let next: JournalPosition | null = null;
  for await (const read of journal.durableFrom(from)) {
    const record = eventOf(read);
    if (record) records.push(record);
    next = { segment: read.at.segment, offset: read.at.offset + read.frame.length };
    if (records.length < BATCH) continue;
    yield { records, next };
    records = [];
    next = null;
  }
  if (next) yield { records, next };
}

/** False when nobody took it for so long that all there is now is given up. */
async function deliver(
  { url, secret }: EventTarget,
  records: readonly EventRecord[],
  { signal, log }: { signal: AbortSignal; log: Pick<Logger, 'warn'> },
): Promise<boolean> {
  const body = JSON.stringify({ Records: records });
  const headers = {
    'content-type': 'application/json',
    ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
  };
  const began = performance.now();
  for (let pause = MIN_PAUSE_MS; ; pause = Math.min(2 * pause, MAX_PAUSE_MS)) {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const outcome = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: patience,
    }).then(
      async (answer) => {
        await answer.body?.cancel();
        return answer.ok ? null : `it answered ${answer.status}`;
      },
      (error: Error) => error.message,
    );
    if (outcome === null) return true;
    signal.throwIfAborted();
    log.warn({ outcome, events: records.length }, 'the event hook did not take a message');
    if (performance.now() - began > GIVE_UP_MS) return false;
    // Full jitter, so that a hook that comes back isn't met by all stores at once.
    await wait(Math.random() * pause, undefined, { signal });
  }
}
