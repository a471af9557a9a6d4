import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { installationId } from '../db/installation-id.ts';
import { fileRoutes } from '../files/file-routes.ts';
import {
  INSTALLATION_PREFIX,
  markInstallation,
  otherInstallations,
} from '../storage/installation-marks.ts';
import { batchKeys } from '../uploads/object-keys.ts';
import {
  begin,
  createUploadRig,
  downloaded,
  putPart,
  randomContent,
  type UploadRig,
  uploadAll,
} from '../uploads/test-uploads.ts';
import type { Discrepancy } from './discrepancy.ts';
import { freeStrays } from './free-strays.ts';
import { reconcile } from './reconcile.ts';

let rig: UploadRig;
/** Another installation: a database of its own, and the same bucket. */
let other: UploadRig;
let strayKey: string;

before(async () => {
  rig = await createUploadRig({ more: [fileRoutes] });
  other = await createUploadRig({ more: [fileRoutes], storage: () => rig.deps.storage });
  await mark(rig);
  strayKey = batchKeys(rig.deps.ambient)(0);
  await rig.deps.storage.store.createEmpty(strayKey);
});
after(async () => {
  await other.close();
  await rig.close();
});

const depsOf = ({ deps }: UploadRig) => ({ db: deps.db, ...deps.storage });
const mark = async ({ deps }: UploadRig) =>
  markInstallation(deps.storage.store, await installationId(deps.db));
const unmark = async ({ deps }: UploadRig) =>
  deps.storage.store.remove([INSTALLATION_PREFIX + (await installationId(deps.db))]);

async function run(one: UploadRig, free: boolean) {
  const found: Discrepancy[] = [];
  const now = () => new Date(Date.now() + 1_000);
  const options = { free, olderThanMs: 0, acceptDeletes: true, now };
  const sum = await reconcile(depsOf(one), options, (discrepancy) => found.push(discrepancy));
  return { sum, keys: found.map(({ key }) => key) };
}

test('an installation has one id, and its own mark is no other’s', async () => {
  const [id, ...more] = await Promise.all([1, 2, 3].map(() => installationId(rig.deps.db)));
  assert.ok(more.every((one) => one === id));
  assert.notEqual(await installationId(other.deps.db), id);
  await mark(rig);
  assert.deepEqual(await otherInstallations(rig.deps.storage.inventory, id ?? ''), []);
});

test('alone in its bucket an installation tells what nothing names', async () => {
  const { sum, keys } = await run(rig, false);
  assert.deepEqual([keys, sum.strays, sum.installations], [[strayKey], 1, 1]);
});

test('beside another, what may be the other’s is neither told nor freed', async () => {
  await mark(other);
  const [ann, eve] = [await rig.test.signUp('Ann'), await other.test.signUp('Eve')];
  const content = randomContent(500);
  const own = await uploadAll(rig, ann, { name: 'own', content });
  const theirs = await uploadAll(other, eve, { name: 'theirs', content });
  const large = randomContent(11 * 1_048_576);
  const begun = (await begin(other, eve, { name: 'begun', size: large.length })).body;
  await putPart(begun.upload.parts[0], large);

  for (const free of [false, true]) {
    const { sum, keys } = await run(rig, free);
    assert.deepEqual(keys, []);
    assert.deepEqual([sum.strays, sum.freed, sum.installations], [0, 0, 2]);
    // One object of ours; theirs, what they have begun, and what may be either’s.
    assert.deepEqual([sum.objects, sum.foreign, sum.missing], [1, 3, 0]);
  }
  assert.ok((await downloaded(other, theirs.id)).equals(content));
  assert.ok((await downloaded(rig, own.id)).equals(content));
  const again = await begin(other, eve, { name: 'begun', size: large.length });
  assert.equal(again.body.upload.parts[0]?.status, 'uploaded');
});

test('one that came while strays were looked for is seen before any is freed', async () => {
  const stray = { kind: 'stray-object', key: strayKey, size: 0, at: new Date() } as const;
  assert.deepEqual(await freeStrays(depsOf(rig), [stray]), []);
  assert.notEqual(await rig.deps.storage.store.head(strayKey), null);
});

test('when the other is gone for good, and its mark, all is as before', async () => {
  await unmark(other);
  const { sum, keys } = await run(rig, true);
  assert.ok(keys.includes(strayKey));
  assert.equal(sum.installations, 1);
  assert.equal(await rig.deps.storage.store.head(strayKey), null);
});
