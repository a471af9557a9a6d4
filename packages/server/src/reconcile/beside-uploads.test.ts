import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { after, before, test } from 'node:test';
import { AppError, isAppError } from '@valise/core/errors';
import type { TestUser } from '../http/test-app.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import {
  begin,
  call,
  complete,
  createUploadRig,
  downloaded,
  putPart,
  randomContent,
  type UploadRig,
} from '../uploads/test-uploads.ts';
import { sweepUploads } from '../uploads/upload-sweeper.ts';
import { reconcile } from './reconcile.ts';

const MiB = 1024 * 1024;
const PEOPLE = 5;
const ROUNDS = 14;

let rig: UploadRig;
before(async () => {
  rig = await createUploadRig();
});
after(() => rig.close());

/** Numbers from a seed, the same every time. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** One call in eight fails: half of those after it has been carried out. */
function failing(store: ObjectStore, random: (below: number) => number): ObjectStore {
  const fault = () => new AppError('store-unavailable', 'Away, for a test.');
  return new Proxy(store, {
    get(target, name) {
      const found = Reflect.get(target, name);
      if (typeof found !== 'function') return found;
      return async (...args: unknown[]) => {
        const fate = random(16);
        if (fate === 0) throw fault();
        const result = await Reflect.apply(found, target, args);
        if (fate === 1) throw fault();
        return result;
      };
    },
  });
}

const digest = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

test('freeing everything that nothing names, beside uploads and with faults, loses nothing', async (t) => {
  const seed = Number(process.env.VALISE_TEST_SEED ?? randomInt(2 ** 31));
  t.diagnostic(`VALISE_TEST_SEED=${seed}`);
  const random = randomOf(seed);
  /** What was acknowledged last, by file. */
  const acknowledged = new Map<string, string>();

  let uploads = 0;

  async function upload(person: TestUser, place: string): Promise<void> {
    uploads++;
    // A size of its own: of the same size it would resume what another left.
    const size = [0, uploads, 700 + uploads, 9 * MiB + uploads][random(4)] ?? 1;
    const fate = random(10);
    // What is left without a word becomes a file whenever the sweeper comes to it.
    const name = fate === 2 ? `left ${uploads}` : place;
    const content = randomContent(size);
    const { body } = await begin(rig, person, { name, size });
    if (body.upload === null) {
      acknowledged.set(body.file.id, digest(content));
      return;
    }
    const sent = fate === 0 ? body.upload.parts.slice(1) : body.upload.parts;
    for (const part of sent) assert.equal((await putPart(part, content)).status, 200);
    if (fate === 1) {
      await call(rig, person, `DELETE /files/${body.file.id}/upload?uploadId=${body.upload.id}`);
    } else if (fate > 2) {
      const done = await complete(rig, person, body.upload);
      assert.equal(done.status, 200, JSON.stringify(done.body));
      acknowledged.set(done.body.file.id, digest(content));
    }
  }

  let isOver = false;
  const { db, storage } = rig.deps;
  const options = { free: true, olderThanMs: 0, acceptDeletes: true, now: () => new Date(8e15) };
  async function reconcileAgainAndAgain(): Promise<number> {
    const store = failing(storage.store, random);
    let runs = 0;
    while (!isOver) {
      try {
        const deps = { db, store, inventory: storage.inventory };
        const { missing, wrongSize } = await reconcile(deps, options, () => undefined);
        assert.deepEqual([missing, wrongSize], [0, 0]);
        runs++;
      } catch (error) {
        if (!isAppError(error)) throw error;
      }
    }
    return runs;
  }

  const people = await Promise.all(
    Array.from({ length: PEOPLE }, (_, n) => rig.test.signUp(`Person ${n}`)),
  );
  const reconciling = reconcileAgainAndAgain();
  try {
    await Promise.all(
      people.map(async (person) => {
        for (let round = 0; round < ROUNDS; round++) {
          await upload(person, `file ${random(6)}`);
          if (random(5) === 0) await sweepUploads(rig.deps);
        }
      }),
    );
  } finally {
    isOver = true;
    await reconciling.catch(() => undefined);
  }
  assert.ok((await reconciling) > 0, 'it got through now and then');
  for (const [id, hash] of acknowledged) assert.equal(digest(await downloaded(rig, id)), hash);
  const deps = { db, store: storage.store, inventory: storage.inventory };
  const { strays, missing } = await reconcile(deps, { ...options, free: false }, () => undefined);
  assert.deepEqual([strays, missing], [0, 0]);
});
