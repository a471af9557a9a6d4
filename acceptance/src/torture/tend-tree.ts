import { randomUUID } from 'node:crypto';
import { type Answer, expectStatus, type Json, putPart, sha256 } from '../harness/api.ts';
import { pseudoRandom } from '../harness/content.ts';
import type { Actor } from './actor.ts';

interface Item {
  readonly id: string;
  path: string;
  readonly hash: string;
}

/**
 * Uploads over plain HTTP, moves, renames, deletes and restores, repeating each call until it is
 * answered. Every call is idempotent, so that what stands in the end is known exactly.
 */
export async function tendTree(actor: Actor): Promise<void> {
  const { name, random, ledger, person } = actor;
  const folders = [await makeFolder(actor, `${name} a`), await makeFolder(actor, `${name} b`)];
  const items: Item[] = [];
  for (let n = 0; actor.running(); n++) {
    const act = random.next();
    const item = items.length === 0 ? undefined : random.pick(items);
    if (item === undefined || act < 0.35) {
      const made = await storeFile(actor, random.pick(folders), `file ${n}`);
      if (made !== null) items.push(made);
    } else if (act < 0.6) {
      await moveFile(actor, item, random.pick(folders), `moved ${n}`);
    } else if (act < 0.75) {
      expectStatus(await person.call('DELETE', `/files/${item.id}`), 204);
      ledger.files.delete(item.path);
      ledger.trash.set(item.id, { name: item.path, hash: item.hash });
      if (random.next() < 0.5) await restoreFile(actor, item);
      else items.splice(items.indexOf(item), 1);
    } else {
      await beginAndLeave(actor, `${name} left ${n}`);
    }
  }
}

interface Folder {
  readonly id: string;
  readonly name: string;
}

async function makeFolder({ person }: Actor, name: string): Promise<Folder> {
  const body = { id: uuidV7(), name, parentId: null };
  return { id: expectStatus(await person.call('POST', '/folders', body), 201).file.id, name };
}

async function moveFile(actor: Actor, item: Item, to: Folder, name: string): Promise<void> {
  const { person, ledger } = actor;
  const body = { name, parentId: to.id };
  expectStatus(await person.call('PATCH', `/files/${item.id}`, body), 200);
  ledger.files.delete(item.path);
  item.path = `${to.name}/${name}`;
  ledger.files.set(item.path, item.hash);
}

async function restoreFile({ person, ledger }: Actor, item: Item): Promise<void> {
  expectStatus(await person.call('POST', `/files/${item.id}/restore`), 200);
  ledger.trash.delete(item.id);
  ledger.files.set(item.path, item.hash);
}

async function storeFile(actor: Actor, folder: Folder, name: string): Promise<Item | null> {
  const { random, person, ledger } = actor;
  const content = pseudoRandom(`${folder.id} ${name}`, random.pick([10, 5000, 9_000_000]));
  const body = { id: uuidV7(), name, parentId: folder.id, size: content.length, mimeType: 'a/b' };
  const begun = await person.call('POST', '/files/presigned-url', body);
  const { file, upload } = expectStatus(begun, 201);
  for (;;) {
    await putAll(upload.parts, content);
    const done = await completed(actor, file.id, upload.id);
    if (done.status === 200) break;
    expectStatus(done, 409, 'parts-missing');
    const urls = { uploadId: upload.id, partNumbers: done.body.missing };
    const fresh = await person.call('POST', `/files/${file.id}/upload/urls`, urls);
    upload.parts = expectStatus(fresh, 200).parts;
  }
  const item = { id: file.id, path: `${folder.name}/${name}`, hash: sha256(content) };
  ledger.files.set(item.path, item.hash);
  return item;
}

async function completed({ person }: Actor, fileId: string, uploadId: string): Promise<Answer> {
  for (;;) {
    const answer = await person.call('POST', `/files/${fileId}/complete`, { uploadId });
    if (answer.status !== 202) return answer;
  }
}

/** Answers which parts the store took. */
async function putAll(parts: readonly Json[], content: Uint8Array): Promise<Set<number>> {
  const taken = new Set<number>();
  for (const part of parts) {
    const status = await putPart(part, content).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => 0,
    );
    if (status === 200 || status === 412) taken.add(part.partNumber);
  }
  return taken;
}

/** An upload that nobody ever completes; perhaps all its bytes came. */
async function beginAndLeave(actor: Actor, name: string): Promise<void> {
  const { random, person, ledger } = actor;
  const content = pseudoRandom(name + random.next(), random.pick([100, 70_000, 9_000_000]));
  const body = { id: uuidV7(), name, parentId: null, size: content.length, mimeType: 'a/b' };
  const { file, upload } = expectStatus(
    await person.call('POST', '/files/presigned-url', body),
    201,
  );
  const some = upload.parts.filter(() => random.next() < 0.7);
  const taken = await putAll(some, content);
  ledger.abandoned.set(name, sha256(content));
  ledger.begun.set(file.id, {
    uploadId: upload.id,
    path: name,
    isWhole: taken.size === upload.parts.length,
  });
}

export function uuidV7(): string {
  const hex = Date.now().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${randomUUID().slice(15)}`;
}
