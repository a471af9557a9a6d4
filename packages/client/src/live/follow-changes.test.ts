import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@valise/core/errors';
import type { ChangesAnswer, LiveMessage } from '@valise/core/wire';
import type { ApiClient } from '../api/api-client.ts';
import { ClientError } from '../errors/client-error.ts';
import { type FeedStep, followChanges } from './follow-changes.ts';
import type { WebSocketLike } from './web-socket.ts';

/** A server of which each answer and message is given by the test. */
function fakeServer(answers: (ChangesAnswer | Error)[]) {
  const asked: (string | undefined)[] = [];
  const sockets: WebSocketLike[] = [];
  const opened: (() => void)[] = [];
  const api = {
    server: 'http://valise.test',
    accessToken: async () => 'token',
    accounts: { me: async () => ({}) },
    changes: {
      async page({ since }: { since?: string }) {
        asked.push(since);
        const answer = answers.shift();
        if (answer === undefined) throw new Error('asked too often');
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  } as unknown as ApiClient;
  const webSocket = () => {
    const socket: WebSocketLike = {
      onmessage: null,
      onclose: null,
      onerror: null,
      close: () => undefined,
    };
    sockets.push(socket);
    opened.shift()?.();
    return socket;
  };
  const say = (message: LiveMessage) =>
    sockets.at(-1)?.onmessage?.({ data: JSON.stringify(message) });
  const drop = (code: number) => sockets.at(-1)?.onclose?.({ code });
  const nextSocket = () => new Promise<void>((done) => opened.push(done));
  return { api, webSocket, asked, say, drop, nextSocket };
}

/** Sleeps only until woken: nothing here happens by time, except pauses between attempts. */
const ambient = {
  random: () => 0,
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((done, fail) => {
      if (ms < 10_000) setImmediate(done);
      signal?.addEventListener('abort', () => fail(signal.reason), { once: true });
    }),
};

const page = (cursor: string, hasMore = false): ChangesAnswer => {
  return { changes: [removal(cursor)], cursor, hasMore };
};
const removal = (cursor: string) =>
  ({
    type: 'remove',
    fileId: `00000000-0000-7000-8000-${cursor.padStart(12, '0')}`,
    reason: 'deleted',
  }) as const;
const push = (from: string, cursor: string): LiveMessage => {
  return { type: 'changes', from, changes: [removal(cursor)], cursor };
};

function start(answers: (ChangesAnswer | Error)[], since?: string) {
  const server = fakeServer(answers);
  const stop = new AbortController();
  const { api, webSocket } = server;
  const steps = followChanges(api, { since, signal: stop.signal, ambient, webSocket });
  return {
    ...server,
    async next(): Promise<FeedStep> {
      const { value, done } = await steps.next();
      assert.ok(!done && value !== undefined, 'the follower ended');
      return value;
    },
    async stop() {
      stop.abort();
      assert.equal((await steps.next()).done, true);
    },
  };
}

const isAt = (step: FeedStep, cursor: string, hasMore = false) => {
  assert.ok(step.kind === 'changes', JSON.stringify(step));
  assert.deepEqual([step.cursor, step.hasMore], [cursor, hasMore]);
};

test('pages first, then pushes that fit, without another poll', async () => {
  const feed = start([page('1', true), page('2')]);
  isAt(await feed.next(), '1', true);
  isAt(await feed.next(), '2');
  feed.say({ type: 'hello', cursor: '2' });
  assert.deepEqual(await feed.next(), { kind: 'connection', state: 'up' });
  feed.say(push('2', '3'));
  isAt(await feed.next(), '3');
  feed.say(push('3', '4'));
  isAt(await feed.next(), '4');
  assert.deepEqual(feed.asked, [undefined, '1']);
  await feed.stop();
});

test('a push that does not fit, a poll message and a hello from elsewhere are answered by a poll', async () => {
  const feed = start([page('1'), page('5'), page('6'), page('9')], '0');
  isAt(await feed.next(), '1');
  feed.say(push('4', '5'));
  isAt(await feed.next(), '5');
  feed.say({ type: 'poll' });
  isAt(await feed.next(), '6');
  feed.say(push('5', '6'));
  feed.say({ type: 'hello', cursor: '9' });
  assert.deepEqual(await feed.next(), { kind: 'connection', state: 'up' });
  isAt(await feed.next(), '9');
  assert.deepEqual(feed.asked, ['0', '1', '5', '6']);
  await feed.stop();
});

test('an expired cursor and another history begin a listing', async () => {
  const answers = [
    new AppError('cursor-expired'),
    page('1'),
    new AppError('feed-reset'),
    page('2'),
  ];
  const feed = start(answers, '0');
  assert.deepEqual(await feed.next(), { kind: 'reset', reason: 'cursor-expired' });
  isAt(await feed.next(), '1');
  feed.say({ type: 'poll' });
  assert.deepEqual(await feed.next(), { kind: 'reset', reason: 'feed-reset' });
  isAt(await feed.next(), '2');
  assert.deepEqual(feed.asked, ['0', undefined, '1', undefined]);
  await feed.stop();
});

test('a server that is away is asked again; a socket that breaks is replaced', async () => {
  const feed = start([new ClientError('unreachable'), page('1')], '0');
  isAt(await feed.next(), '1');
  feed.say({ type: 'hello', cursor: '1' });
  assert.deepEqual(await feed.next(), { kind: 'connection', state: 'up' });
  const again = feed.nextSocket();
  feed.drop(1006);
  assert.deepEqual(await feed.next(), { kind: 'connection', state: 'down' });
  const waits = feed.next();
  await again;
  feed.say({ type: 'hello', cursor: '1' });
  assert.deepEqual(await waits, { kind: 'connection', state: 'up' });
  await feed.stop();
});

test('a revoked device ends it', async () => {
  const feed = start([page('1')]);
  isAt(await feed.next(), '1');
  const waits = feed.next();
  feed.drop(4403);
  await assert.rejects(waits, { code: 'session-ended' });
});
