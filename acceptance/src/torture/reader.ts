import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Json, sha256 } from '../harness/api.ts';
import type { Actor } from './actor.ts';
import type { Person } from './person.ts';

/**
 * Looks at acknowledged files while everything is being killed: an outage is fair, a missing file
 * or other bytes never are.
 */
export async function readFiles({ random, ledger, person, running }: Actor): Promise<void> {
  while (running()) {
    await sleep(random.between(100, 800));
    const root = [...ledger.files].filter(([path]) => !path.includes('/'));
    if (root.length === 0) continue;
    const [path, hash] = random.pick(root);
    const listed = await listFolder(person, 'root');
    const file = listed.get(path);
    if (file === undefined) {
      ledger.faults.push(`${path}: acknowledged, then missing`);
      continue;
    }
    const seen = await readOnce(await person.call('GET', `/files/${file.id}`));
    ledger.checks += 1;
    if (seen !== null && seen !== hash) ledger.faults.push(`${path}: ${seen}`);
  }
}

/** The content's SHA-256, what is wrong with it, or null when the store is away. */
async function readOnce(detail: Answer): Promise<string | null> {
  if (detail.status !== 200) return `answers ${detail.status}`;
  try {
    const answer = await fetch(detail.body.downloadUrl);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (answer.status >= 500) return null;
    return answer.status === 200 ? sha256(bytes) : `the store answers ${answer.status}`;
  } catch {
    return null;
  }
}

/** Everything in a folder, page by page, by name. */
export async function listFolder(person: Person, id: string): Promise<Map<string, Json>> {
  const found = new Map<string, Json>();
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await person.call('GET', `/folders/${id}/children?limit=1000${query}`);
    if (answer.status !== 200) throw new Error(`listing: ${JSON.stringify(answer.body)}`);
    for (const item of answer.body.items) found.set(item.name, item);
    cursor = answer.body.cursor;
  } while (cursor !== null);
  return found;
}
