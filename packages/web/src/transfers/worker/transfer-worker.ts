import { createApiClient } from '@valise/client';
import { browserAmbient } from '../../platform/browser-ambient.ts';
import { browserTransport } from '../../platform/browser-transport.ts';
import { createBlobHasher } from '../../platform/hashing/blob-hasher.ts';
import { startHashThread } from '../../platform/hashing/web-hash-thread.ts';
import { memoryTokenStore } from '../../session/memory-token-store.ts';
import type { FromWorker, NewBatch, NewUpload, ToWorker } from '../protocol.ts';
import { UploadEngine } from './upload-engine.ts';

let engine: UploadEngine | null = null;
/** Batches that are still arriving. */
const open = new Map<string, NewBatch & { readonly uploads: NewUpload[] }>();

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'begin') {
    engine = begin(data);
    void engine.recover();
    return;
  }
  if (engine === null) throw new Error('The worker was spoken to before it was told for whom.');
  obey(engine, data);
});

function begin({ server, identity }: Extract<ToWorker, { type: 'begin' }>): UploadEngine {
  const transport = browserTransport();
  const ambient = browserAmbient;
  const tokens = memoryTokenStore({ server, identity: () => identity, keep: () => {} });
  const api = createApiClient({ server, transport, ambient, tokens, refreshTokenIn: 'cookie' });
  const post = (message: FromWorker) => self.postMessage(message);
  const blobHasher = createBlobHasher({
    cores: navigator.hardwareConcurrency,
    startThread: startHashThread,
  });
  const userId = identity.user.id;
  return new UploadEngine({ api, server, transport, ambient, blobHasher, userId, post });
}

function obey(uploads: UploadEngine, message: Exclude<ToWorker, { type: 'begin' }>): void {
  switch (message.type) {
    case 'add':
      void uploads.add(message.batch);
      return;
    case 'open':
      open.set(message.batch.id, { ...message.batch, uploads: [] });
      return;
    case 'more':
      open.get(message.batchId)?.uploads.push(...message.uploads);
      return;
    case 'close': {
      const batch = open.get(message.batchId);
      open.delete(message.batchId);
      if (batch !== undefined) void uploads.add(batch);
      return;
    }
    case 'give':
      uploads.give(message.id, message.file);
      return;
    case 'give-many':
      uploads.giveMany(message.uploads);
      return;
    case 'look-again':
      void uploads.lookAgain();
      return;
    case 'choose':
      uploads.choose(message.batchId, message.choice);
      return;
    case 'online':
    case 'offline':
      uploads[message.type]();
      return;
    default:
      uploads[message.type](message.ids);
  }
}
