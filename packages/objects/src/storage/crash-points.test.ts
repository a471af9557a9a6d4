import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { checkFolder } from './check.ts';
import { realDisk } from './disk.ts';
import { FailingDisk } from './failing-disk.ts';
import { buildFolder, type Crash, RecordingDisk } from './recording-disk.ts';
import { openStorage, type Storage } from './storage.ts';
import { hashOf, runStory, type Telling } from './test-story.ts';

/** What is true from this step on. */
interface Moment {
  readonly steps: number;
  /** Key → hash of what was acknowledged. */
  readonly acknowledged: ReadonlyMap<string, string>;
  /** What is being done: key → hash, null for a deletion. */
  readonly underWay: ReadonlyMap<string, string | null>;
  /** A copy of the index as it stood, null while there is none. */
  readonly index: string | null;
}

let folder: string;
let disk: RecordingDisk;
const moments: Moment[] = [];

/** Runs the story once, and writes down every step of the disk and what was promised when. */
before(async () => {
  // Hundreds of folders are built and opened: in memory where there is such a place.
  folder = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'valise-crash-'));
  const root = join(folder, 'recorded');
  await realDisk.mkdir(root);
  disk = new RecordingDisk(root);
  const acknowledged = new Map<string, string>();
  const note = (underWay: ReadonlyMap<string, string | null>, index: string | null): void => {
    moments.push({ steps: disk.steps, acknowledged: new Map(acknowledged), underWay, index });
  };
  note(new Map(), null);
  const telling: Telling = {
    begins: (change) => note(change, moments.at(-1)?.index ?? null),
    isDone(change) {
      for (const [key, hash] of change) {
        if (hash === null) acknowledged.delete(key);
        else acknowledged.set(key, hash);
      }
      const index = join(folder, `index-${moments.length}.db`);
      const db = new DatabaseSync(join(root, 'index.db'));
      db.exec(`VACUUM INTO '${index}'`);
      db.close();
      note(new Map(), index);
    },
  };
  const storage = await openStorage(root, { disk, onBroken });
  await runStory(storage, telling);
  await storage.close();
});
after(() => rm(folder, { recursive: true }));

function onBroken(error: unknown): never {
  throw error;
}

function momentAt(steps: number): Moment {
  const moment = moments.findLast((one) => one.steps <= steps);
  assert.ok(moment);
  return moment;
}

async function contentsOf(storage: Storage): Promise<Map<string, string>> {
  const range = { from: '', inclusive: true, until: null, limit: 1_000 };
  const found = new Map<string, string>();
  for (const { key } of storage.index.objectsFrom('b', range)) {
    found.set(key, await hashOf(storage, key));
  }
  return found;
}

async function blobsOn(root: string): Promise<string[]> {
  const names = await readdir(join(root, 'blobs'), { recursive: true });
  return names.filter((name) => name.includes('/')).map((name) => name.slice(3));
}

type Promised = Pick<Moment, 'acknowledged' | 'underWay'>;

async function proveContents(storage: Storage, moment: Promised, where: string): Promise<void> {
  const found = await contentsOf(storage);
  for (const key of new Set([...found.keys(), ...moment.acknowledged.keys()])) {
    const allowed = [moment.acknowledged.get(key) ?? null];
    const next = moment.underWay.get(key);
    if (next !== undefined) allowed.push(next);
    assert.ok(allowed.includes(found.get(key) ?? null), `${key} ${where}`);
  }
}

/** Opens what the crash left and proves it. */
async function prove(root: string, moment: Promised, where: string): Promise<void> {
  const storage = await openStorage(root, { onBroken });
  await proveContents(storage, moment, where);
  assert.deepEqual(storage.index.miscounted(), [], `references ${where}`);
  const known = storage.index.blobsAfter('', 1_000).map(({ id }) => id);
  await storage.close();
  assert.deepEqual((await blobsOn(root)).sort(), known, `orphans ${where}`);
  assert.deepEqual(await readdir(join(root, 'temp')), [], `temporary files ${where}`);
  const report = await checkFolder(root, { repair: false });
  assert.deepEqual([report.faults, report.unused], [[], 0], `check ${where}`);
}

const kinds: readonly Omit<Crash, 'steps'>[] = [
  { names: 'all', content: 'all' },
  { names: 'all', content: 'all', torn: true },
  { names: 'all', content: 'synced' },
  { names: 'synced', content: 'all' },
  { names: 'synced', content: 'synced' },
];

const fingerprint = (files: ReadonlyMap<string, Buffer | null>): string => {
  const hash = createHash('sha256');
  for (const [name, content] of files)
    hash.update(`${name}\0${content?.length}\0`).update(content ?? '');
  return hash.digest('hex');
};

describe('a crash at any step', { concurrency: true }, () => {
  for (const [number, kind] of kinds.entries()) {
    const name = kind.torn
      ? 'in the middle of a write'
      : `names ${kind.names}, content ${kind.content}`;
    it(`keeps what was acknowledged and nothing half: ${name}`, async () => {
      const seen = new Set<string>();
      for (let steps = 0; steps <= disk.steps; steps += 1) {
        if (kind.torn && !disk.isWrite(steps)) continue;
        const moment = momentAt(steps);
        const files = disk.after({ ...kind, steps });
        const state = `${fingerprint(files)} ${moments.indexOf(moment)}`;
        if (seen.has(state)) continue;
        seen.add(state);
        const root = join(folder, `crashed-${number}`);
        await buildFolder(root, files);
        // Without an index, with the one of that moment, or with an older one.
        const index = [null, moment, momentAt(Math.max(0, steps - 20))][steps % 3]?.index;
        if (index) await copyFile(index, join(root, 'index.db'));
        await prove(root, moment, `behind step ${steps}: ${disk.describe(steps)}`);
        await rm(root, { recursive: true });
      }
      assert.ok(seen.size > 20);
    });
  }
});

/** Keeps what a story has promised so far. */
function listener(): Telling & { readonly promised: () => Promised } {
  const acknowledged = new Map<string, string>();
  let underWay: ReadonlyMap<string, string | null> = new Map();
  return {
    promised: () => ({ acknowledged, underWay }),
    begins(change) {
      underWay = change;
    },
    isDone(change) {
      for (const [key, hash] of change) {
        if (hash === null) acknowledged.delete(key);
        else acknowledged.set(key, hash);
      }
      underWay = new Map();
    },
  };
}

describe('a disk that is full at any step', () => {
  it('costs one refusal: what was acknowledged stays, and the same process goes on', async () => {
    const root = join(folder, 'full');
    for (let step = 0; ; step += 1) {
      await realDisk.mkdir(root);
      const full = new FailingDisk(step);
      const storage = await openStorage(root, { disk: full, onBroken }).catch((error) => {
        assert.equal(error.code, 'ENOSPC');
        return openStorage(root, { disk: full, onBroken });
      });
      let told = listener();
      const refused = await runStory(storage, told).then(
        () => null,
        (error) => error.code,
      );
      const where = `with step ${step}: ${full.failed}`;
      assert.ok(refused === null || refused === 'InsufficientStorage', `${refused} ${where}`);
      await proveContents(storage, told.promised(), where);
      // The whole story again takes its time: once in a while.
      if (step % 8 === 0 && full.failed !== '') {
        told = listener();
        await runStory(storage, told);
      }
      await storage.close();
      await rm(join(root, 'index.db'));
      await prove(root, told.promised(), where);
      await rm(root, { recursive: true });
      if (full.failed === '') break;
    }
  });
});
