import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceId, UserId } from '@valise/core/ids';
import { LiveConnection, MAX_UNSENT_BYTES, POLL, type Socket } from './live-connection.ts';

const PING_BYTES = 2;

/** A socket whose reader takes nothing until it is told to. */
class StuckSocket implements Socket {
  readonly log: string[] = [];
  bufferedAmount = 0;
  readonly #unsent: { readonly text: string; readonly done: (error?: Error | null) => void }[] = [];

  send(text: string, done: (error?: Error | null) => void): void {
    this.#unsent.push({ text, done });
    this.bufferedAmount += text.length;
  }

  /** All that is unsent goes out; what is sent in answer to that stays. Answers the texts. */
  drain(): readonly string[] {
    const sent = this.#unsent.splice(0);
    for (const { text, done } of sent) {
      this.bufferedAmount -= text.length;
      done(null);
    }
    return sent.map(({ text }) => text);
  }

  ping(): void {
    this.log.push('ping');
    this.bufferedAmount += PING_BYTES;
  }

  /** As a reader does that has come to the ping. */
  takePing(): void {
    this.bufferedAmount -= PING_BYTES;
  }

  close(code: number): void {
    this.log.push(`close ${code}`);
  }

  terminate(): void {
    this.log.push('terminate');
  }
}

function connected() {
  const socket = new StuckSocket();
  const caller = { userId: 'u' as UserId, deviceId: 'd' as DeviceId };
  return { socket, connection: new LiveConnection(socket, caller, 'token') };
}

const MESSAGE = 'x'.repeat(64 * 1024);

test('a slow reader costs a bounded buffer and is told to poll once it has caught up', () => {
  const { socket, connection } = connected();
  for (let n = 0; n < 1_000; n++) connection.send(MESSAGE);
  assert.ok(socket.bufferedAmount <= MAX_UNSENT_BYTES + MESSAGE.length);
  const taken = socket.drain();
  assert.ok(taken.length > 0 && taken.every((text) => text === MESSAGE), 'what fitted, in order');
  assert.deepEqual(socket.drain(), [POLL], 'instead of all that did not');
  connection.send('news');
  assert.deepEqual(socket.drain(), ['news'], 'and then it follows again');
  assert.deepEqual(socket.drain(), []);
});

test('a reader that never takes anything is sent nothing more', () => {
  const { socket, connection } = connected();
  for (let n = 0; n < 10; n++) connection.send(MESSAGE);
  const held = socket.bufferedAmount;
  for (let n = 0; n < 1_000; n++) connection.send(MESSAGE);
  assert.equal(socket.bufferedAmount, held);
});

test('a slow reader that took the last of its news before a ping is told to poll, too', () => {
  const { socket, connection } = connected();
  for (let n = 0; n < 10; n++) connection.send(MESSAGE);
  connection.beat();
  socket.drain();
  assert.deepEqual(socket.drain(), [], 'the ping is still on its way');
  socket.takePing();
  connection.ponged();
  assert.deepEqual(socket.drain(), [POLL]);
});

test('a ping that stays unanswered until the next beat ends the socket', () => {
  const { socket, connection } = connected();
  connection.beat();
  connection.ponged();
  connection.beat();
  assert.deepEqual(socket.log, ['ping', 'ping']);
  connection.beat();
  assert.deepEqual(socket.log, ['ping', 'ping', 'terminate']);
});
