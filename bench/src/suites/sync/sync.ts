import type { Figure, Report } from '../../measure/report.ts';
import { BisyncPair } from '../../sync/bisync-pair.ts';
import type { FolderPair } from '../../sync/folder-pair.ts';
import { SyncthingPair } from '../../sync/syncthing-pair.ts';
import { UnisonPair } from '../../sync/unison-pair.ts';
import { ValisePair } from '../../sync/valise-pair.ts';
import { measureAtRest } from './at-rest.ts';
import { type EditTimes, editFigures, timeEdits, timePutAndGet } from './edits.ts';
import { firstSyncFigures, timeFirstSync, timeWhole } from './first-sync.ts';
import { measureLargeEdit } from './large-edit.ts';

const GiB = 1024 * 1_048_576;
const FIRST = 10_000;
const MOVED = 10_000;

/** Of a program that waits ten seconds for each, fewer tell as much. */
const EDITS = { own: 60, peers: 5 };

/** Each takes minutes, and can be taken by itself. */
const PARTS = {
  edits,
  first: firstSyncs,
  rest: (files: number) =>
    using(ValisePair.open, (pair) =>
      measureAtRest(pair, { files, moved: Math.min(MOVED, files / 2) }),
    ),
  large: () =>
    using(ValisePair.open, async (pair) => {
      await pair.start();
      return [await measureLargeEdit(pair, GiB)];
    }),
};
type Part = keyof typeof PARTS;
const ALL = Object.keys(PARTS) as readonly Part[];

export function isPart(name: string): name is Part {
  return name in PARTS;
}

/** The sync agent beside Syncthing, Unison and rclone bisync. `files`: of the folder at rest. */
export async function sync({
  files,
  parts = ALL,
}: {
  readonly files: number;
  readonly parts?: readonly Part[];
}): Promise<Report> {
  const figures: Figure[] = [];
  for (const part of parts) figures.push(...(await PARTS[part](files)));
  return {
    title: 'Sync of folders',
    how: `Two devices, server, database and store on one machine. An edit counts from the write until the other folder holds it whole. Syncthing runs as two processes on loopback whose watcher waits one second instead of its default ten; Unison and \`rclone bisync\` don't watch (here), so an edit is one run of Unison between two local folders, or one run of bisync at either device.`,
    figures,
  };
}

async function edits(): Promise<Figure[]> {
  let putAndGet = 0;
  const own = await using(ValisePair.open, async (pair) => {
    putAndGet = await timePutAndGet(pair);
    return edited(pair, EDITS.own);
  });
  const peers: EditTimes[] = [];
  for (const open of [SyncthingPair.open, UnisonPair.open, BisyncPair.open]) {
    peers.push(await using<FolderPair, EditTimes>(open, (pair) => edited(pair, EDITS.peers)));
  }
  return editFigures(own, peers, putAndGet);
}

async function edited(pair: FolderPair, count: number): Promise<EditTimes> {
  await pair.start();
  return timeEdits(pair, count);
}

async function firstSyncs(): Promise<Figure[]> {
  const own = await using(ValisePair.open, (pair) => timeFirstSync(pair, FIRST));
  const whole = (open: () => Promise<FolderPair>) => using(open, (pair) => timeWhole(pair, FIRST));
  return firstSyncFigures(own, {
    own: await whole(ValisePair.open),
    syncthing: await whole(SyncthingPair.open),
    bisync: await whole(BisyncPair.open),
  });
}

async function using<Pair extends FolderPair, T>(
  open: () => Promise<Pair>,
  work: (pair: Pair) => Promise<T>,
): Promise<T> {
  await using pair = await open();
  return await work(pair);
}
