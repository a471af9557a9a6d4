import { createApiClient, createStreamHasher, type TransferDeps } from '@valise/client';
import { makeZip, predictLength } from 'client-zip';
import { errorText } from '../design/error-text.ts';
import { browserAmbient as ambient } from '../platform/browser-ambient.ts';
import { browserTransport } from '../platform/browser-transport.ts';
import { memoryTokenStore } from '../session/memory-token-store.ts';
import { listEntries, members } from './archive-entries.ts';
import type { ArchiveNews, ArchiveTask } from './archive-task.ts';
import type { Piece, Wish } from './offered-downloads.ts';

/** Makes one archive and ends. Bytes are fetched only as fast as they are wanted. */
self.addEventListener('message', ({ data, ports }: MessageEvent<ArchiveTask>) => {
  const [port] = ports;
  if (port === undefined) throw new Error('Nobody takes the archive.');
  void make(data, port);
});

const tell = (news: ArchiveNews) => self.postMessage(news);

async function make(task: ArchiveTask, port: MessagePort): Promise<void> {
  const stop = new AbortController();
  try {
    const deps = depsFor(task);
    const entries = await listEntries(deps.api, task.roots);
    const files = entries.filter(({ file }) => file.kind === 'file').length;
    const sizes = entries.map(({ path, file }) =>
      file.kind === 'file' ? { name: path, size: file.size } : { name: path },
    );
    tell({ kind: 'listed', files, size: Number(predictLength(sizes)) });
    const reader = makeZip(members(deps, entries, stop.signal)).getReader();
    await feed(port, reader);
  } catch (error) {
    stop.abort(error);
    port.postMessage('failed' satisfies Piece);
    tell({ kind: 'failed', problem: errorText(error) });
  }
}

function depsFor({ server, identity }: ArchiveTask): TransferDeps {
  const transport = browserTransport();
  const tokens = memoryTokenStore({ server, identity: () => identity, keep: () => {} });
  const api = createApiClient({ server, transport, ambient, tokens, refreshTokenIn: 'cookie' });
  return { api, transport, ambient, hasher: createStreamHasher(ambient) };
}

/** Answers each wish by a piece. Resolves when all is given, or nothing is wanted any more. */
async function feed(
  port: MessagePort,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const serve = async (wish: Wish) => {
    if (wish === 'enough') {
      await reader.cancel();
      resolve();
      return;
    }
    const { done, value } = await reader.read();
    port.postMessage((done ? 'end' : value) satisfies Piece);
    if (done) resolve();
  };
  port.onmessage = ({ data }: MessageEvent<Wish>) => {
    serve(data).catch(reject);
  };
  await promise;
}
