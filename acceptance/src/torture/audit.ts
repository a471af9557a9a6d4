import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../harness/api.ts';
import { lines, valise } from '../harness/cli.ts';
import { listStore } from '../harness/store-listing.ts';
import type { Cluster } from './cluster.ts';
import type { Ledger } from './ledger.ts';
import type { Person } from './person.ts';
import { compareTree } from './put-folders.ts';
import { listFolder } from './reader.ts';

export interface AuditOptions {
  readonly cluster: Cluster;
  readonly person: Person;
  readonly ledger: Ledger;
  /** An empty folder for a device. */
  readonly home: string;
  /** How long uploads that have all their bytes may take to become files by themselves. */
  readonly settleSeconds: number;
}

/** The final word, when nothing is killed any more. Faults go into the ledger. */
export async function audit(options: AuditOptions): Promise<void> {
  await restoreTrash(options);
  if (options.settleSeconds > 0) await awaitUnfinished(options);
  const files = await walk(options.person, 'root', '');
  await compareListing(options, files);
  await compareContent(options, files);
  await endPending(options);
  await comparePending(options);
  await compareStore(options);
}

/** What was deleted is in the trash, all of it, and comes back. */
async function restoreTrash({ person, ledger }: AuditOptions): Promise<void> {
  const trashed = new Set<string>();
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await person.call('GET', `/files/trash?limit=1000${query}`);
    for (const item of body.items) trashed.add(item.id);
    cursor = body.cursor;
  } while (cursor !== null);
  for (const [id, { name, hash }] of ledger.trash) {
    if (!trashed.delete(id)) ledger.faults.push(`${name}: deleted, but not in the trash`);
    const answer = await person.call('POST', `/files/${id}/restore`);
    if (answer.status !== 200) ledger.faults.push(`${name}: restore answers ${answer.status}`);
    else ledger.files.set(name.replace(/[^/]*$/, answer.body.file.name), hash);
  }
  for (const id of trashed) ledger.faults.push(`${id}: in the trash, but nobody deleted it`);
}

/** Uploads that have all their bytes become files though nobody completes them. */
async function awaitUnfinished({ person, ledger, settleSeconds }: AuditOptions): Promise<void> {
  const deadline = Date.now() + settleSeconds * 1000;
  for (const [fileId, { path, isWhole }] of ledger.begun) {
    if (!isWhole) continue;
    for (;;) {
      const { body } = await person.call('GET', `/files/${fileId}`);
      if (body.file?.status === 'uploaded') break;
      if (Date.now() > deadline) {
        ledger.faults.push(`${path}: has all its bytes, but stays unfinished`);
        break;
      }
      await sleep(500);
    }
  }
}

async function walk(person: Person, id: string, prefix: string): Promise<Map<string, Json>> {
  const found = new Map<string, Json>();
  for (const [name, item] of await listFolder(person, id)) {
    if (item.kind === 'file') found.set(prefix + name, item);
    else if (item.kind === 'folder') {
      for (const [path, file] of await walk(person, item.id, `${prefix}${name}/`)) {
        found.set(path, file);
      }
    }
  }
  return found;
}

async function compareListing({ ledger }: AuditOptions, files: Map<string, Json>): Promise<void> {
  for (const path of ledger.files.keys()) {
    if (!files.has(path)) ledger.faults.push(`${path}: acknowledged, but not listed`);
  }
  for (const path of files.keys()) {
    if (ledger.files.has(path)) continue;
    const hash = ledger.abandoned.get(path);
    if (hash === undefined) ledger.faults.push(`${path}: listed, but nobody put it there`);
    else ledger.files.set(path, hash);
  }
}

/** All of it, got by the command line on a new device. */
async function compareContent(
  { person, ledger, home }: AuditOptions,
  files: Map<string, Json>,
): Promise<void> {
  await mkdir(home, { recursive: true });
  await person.loginDevice(home);
  const { code, stderr } = await valise(['get', '/', 'all'], { home });
  if (code !== 0) ledger.faults.push(`valise get /: exit ${code}: ${stderr}`);
  ledger.checks += files.size;
  ledger.faults.push(...(await compareTree(join(home, 'all'), ledger.files)));
}

/** What lacks bytes can be seen and ended. */
async function endPending({ person, ledger, settleSeconds }: AuditOptions): Promise<void> {
  for (const [fileId, { path, uploadId }] of ledger.begun) {
    const query = `?uploadId=${uploadId}`;
    const stands = await person.call('GET', `/files/${fileId}/upload${query}`);
    const isPending = stands.status === 200 && stands.body.upload !== null;
    if (!isPending) continue;
    const missing = stands.body.upload.parts.filter((part: Json) => part.status !== 'uploaded');
    if (missing.length === 0 && settleSeconds > 0)
      ledger.faults.push(`${path}: whole, but pending`);
    const ended = await person.call('DELETE', `/files/${fileId}/upload${query}`);
    if (ended.status !== 204) ledger.faults.push(`${path}: cancelling answers ${ended.status}`);
  }
}

async function pendingUploads({ cluster }: AuditOptions): Promise<number> {
  const text = await (await fetch(`${cluster.ops}/metrics`)).text();
  return Number(/^valise_uploads_pending (\d+)$/m.exec(text)?.[1]);
}

/** After `endPending` only what the command line began and left may be pending. */
async function comparePending(options: AuditOptions): Promise<void> {
  const { ledger } = options;
  const http = new Set([...ledger.begun.values()].map(({ path }) => path));
  const left = [...ledger.abandoned.keys()].filter(
    (path) => !http.has(path) && !ledger.files.has(path),
  );
  const pending = await pendingUploads(options);
  if (!(pending <= left.length)) {
    ledger.faults.push(`${pending} uploads are pending, only ${left.length} were left unfinished`);
  }
}

/** Keys of all contents that files have by now. */
async function namedKeys(person: Person): Promise<ReadonlySet<string>> {
  const named = new Set<string>();
  const ids = [...(await walk(person, 'root', '')).values()].map((file) => file.id);
  for (let at = 0; at < ids.length; at += 256) {
    const fileIds = ids.slice(at, at + 256);
    const { body } = await person.call('POST', '/files/download-urls', { fileIds });
    for (const { downloadUrl } of body.results) {
      named.add(new URL(downloadUrl).pathname.split('/').slice(2).join('/'));
    }
  }
  return named;
}

/** The store holds what files name and what is pending, and on its disk nothing else. */
async function compareStore(options: AuditOptions): Promise<void> {
  const { cluster, person, ledger } = options;
  const leftovers = await sweepsUp(options);
  await reconcile(options);
  const named = await namedKeys(person);
  const { objects, uploads } = await listStore(cluster.data);
  for (const key of named) {
    if (!objects.has(key)) ledger.faults.push(`${key}: named by a file, but not in the store`);
  }
  if (leftovers !== null) ledger.faults.push(leftovers);
  await cluster.restartInOrder();
  const sum = (sizes: Iterable<number>) => [...sizes].reduce((total, size) => total + size, 0);
  const listed = sum(objects.values()) + sum(uploads.values());
  const held = await bytesIn(join(cluster.data, 'objects', 'blobs'));
  if (held > listed) ledger.faults.push(`the store's disk holds ${held} bytes for ${listed}`);
}

/**
 * Store and database agree to the last byte; only what killed servers tried the store out with is left
 * over, and can be freed at once.
 */
async function reconcile({ cluster, ledger, home }: AuditOptions): Promise<void> {
  const args = ['admin', 'reconcile', '--json', '--free', '--accept-deletes', '--older-than', '0s'];
  const result = await valise(args, { home, env: cluster.env });
  if (result.code !== 0) ledger.faults.push(`reconcile: exit ${result.code}: ${result.stderr}`);
  for (const { type, key } of lines(result)) {
    const isProbe = /^(selftest|probe)\//.test(key ?? '');
    if (type !== 'reconciled' && !isProbe) ledger.faults.push(`${key}: ${type}`);
  }
  const { objects } = await listStore(cluster.data);
  for (const key of objects.keys()) {
    const isMeant = key.startsWith('v1/') || key.startsWith('installations/');
    if (!isMeant) ledger.faults.push(`${key}: left after reconciling`);
  }
}

/** The cleaner looks for uploads whose beginning was interrupted after two minutes. */
const SWEEP_MILLISECONDS = 180_000;

/** What content the store still holds in vain once the server's cleaner has had its time; or null. */
async function sweepsUp(options: AuditOptions): Promise<string | null> {
  const deadline = Date.now() + SWEEP_MILLISECONDS;
  for (;;) {
    const listing = await listStore(options.cluster.data);
    // Asked each time: an upload that its client left whole becomes a file meanwhile.
    const named = await namedKeys(options.person);
    // An empty object that a crash left is written down to go after 20 minutes; reconciling finds any
    // that isn't. What a killed server wrote to try the store out goes by reconciling.
    const isContent = (key: string) => key.startsWith('v1/');
    const unnamed = [...listing.objects]
      .filter(([key, bytes]) => bytes > 0 && !named.has(key) && isContent(key))
      .map(([key, bytes]) => `${key}: ${bytes} bytes`);
    const begun = listing.uploads.size;
    const pending = await pendingUploads(options);
    if (unnamed.length + begun <= pending) return null;
    if (Date.now() > deadline) {
      return (
        `the store holds ${unnamed.length} objects that no file names (${unnamed.slice(0, 5)}) and ` +
        `${begun} multipart uploads, but ${pending} uploads are pending`
      );
    }
    await sleep(1000);
  }
}

async function bytesIn(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return sum;
}
