import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DiskError } from '../ports/file-system.ts';
import type { Server } from '../ports/server.ts';
import { stateOf } from '../testing/state-text.ts';
import { runRemoteCall } from './remote-operations.ts';

type Seen = Parameters<Server['remove']>[1];

interface Version {
  readonly content: string;
  readonly version: number;
}

/** Deletes at the server what was deleted here, as the trees stand when the call's turn comes. */
async function deleteThere(remote: Version, synced: Version | null): Promise<readonly Seen[]> {
  const file = { id: 'f', name: 'a' };
  const state = stateOf({
    remote: [{ ...file, ...remote }],
    local: [],
    synced: synced === null ? [] : [{ ...file, ...synced }],
  });
  const seen: Seen[] = [];
  const server: Pick<Server, 'remove'> = {
    async remove(_id, what) {
      seen.push(what);
    },
  };
  await runRemoteCall({ server: server as Server, state }, { kind: 'remote-delete', id: 'f' });
  return seen;
}

test('a deletion names the version that was seen here', async () => {
  const old = { content: 'old', version: 1 };
  assert.deepEqual(await deleteThere(old, old), [{ version: 1 }]);
  assert.deepEqual(await deleteThere({ content: 'edit', version: 2 }, old), [{ version: 1 }]);
  assert.deepEqual(await deleteThere({ content: 'old', version: 3 }, old), [{ version: 3 }]);
});

test('what has lost its merge base since the plan is not deleted', async () => {
  await assert.rejects(
    deleteThere({ content: 'edit', version: 2 }, null),
    (error) => error instanceof DiskError && error.code === 'changed',
  );
});
