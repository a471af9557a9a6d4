import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { askAgent, serveControl, socketPath } from './control-socket.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'valise-control-'));
});
after(() => rm(folder, { recursive: true }));

test('who breaks off in the middle, or talks nonsense, does the agent no harm', async () => {
  const path = join(folder, 'agent.sock');
  // More than a socket takes at once: whoever leaves before the end breaks it.
  const server = await serveControl(path, async ({ command }) => {
    if (command === 'pause') throw new Error('the disk is full');
    return { text: 'x'.repeat(4_000_000) };
  });
  const say = async (text: string): Promise<Socket> => {
    const socket = connect(path).on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  };
  try {
    for (const text of ['nonsense\n', 'null\n', '{}\n', '{"command":"pause"}\n']) {
      const socket = await say(text);
      socket.resume();
      await once(socket, 'close');
    }
    const leaving = await say('{"command":"status"}\n');
    await once(leaving, 'readable');
    leaving.destroy();
    await once(leaving, 'close');
    const answer = await askAgent(path, { command: 'status' });
    assert.equal((answer as { text: string }).text.length, 4_000_000);
  } finally {
    server.close();
  }
});

test('where an agent listens: in its folder, elsewhere if that is too deep, at a pipe on Windows', () => {
  const deep = `/home/ann/${'x'.repeat(100)}`;
  assert.equal(socketPath('/home/ann/state', 'linux'), '/home/ann/state/agent.sock');
  assert.match(socketPath(deep, 'darwin'), /\/valise-[0-9a-f]{16}\.sock$/);
  assert.match(socketPath('C:\\ann', 'win32'), /^\\\\\.\\pipe\\valise-[0-9a-f]{16}$/);
  assert.notEqual(socketPath('C:\\ann', 'win32'), socketPath('C:\\bob', 'win32'));
});
