import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { DownloadItem } from '../ports/transfers.ts';
import { type ClientTransfersDeps, clientTransfers } from './client-transfers.ts';
import { linux } from './platform/linux.ts';

const TiB = 2 ** 40;

let received: string;
before(async () => {
  received = await mkdtemp(join(tmpdir(), 'valise-received-'));
});
after(() => rm(received, { recursive: true }));

test('what cannot fit on the disk is refused before it fills it', async () => {
  const traits = { ignoresCase: false, decomposes: false, timeStep: 0 };
  const disk = { platform: linux, traits } as unknown as ClientTransfersDeps['disk'];
  const { download } = clientTransfers({
    received,
    disk,
    transfer: { ambient: { now: () => 1 } },
  } as unknown as ClientTransfersDeps);
  const node = { id: 'film', name: 'film', kind: 'file', size: 1_000_000 * TiB };
  const items = [{ id: 'film', path: null, node }] as unknown as readonly DownloadItem[];
  const told: string[] = [];
  await download(
    items,
    async (_, outcome) => {
      told.push(outcome.ok ? 'received' : String(outcome.error));
    },
    new AbortController().signal,
  );
  assert.deepEqual(told, ['DiskError: the disk is full: free some space']);
});
