import { Api, type Json, sha256 } from '../harness/api.ts';
import type { Ledger } from './client.ts';
import type { Cluster } from './cluster.ts';

export type Verdict = 'right' | 'away' | { readonly wrong: string };

/**
 * Fetches one acknowledged file. `away` (refused, 5xx, cut connection) is fair while things are
 * being killed; missing or other bytes never are.
 */
export async function readOne(
  cluster: Cluster,
  token: string,
  file: Json,
  hash: string,
): Promise<Verdict> {
  try {
    const detail = await new Api(cluster.server.url, token).get(`/files/${file.id}`);
    if (detail.status >= 500) return 'away';
    if (detail.status !== 200) return { wrong: `${file.name}: ${detail.status}` };
    const answer = await fetch(detail.body.downloadUrl);
    if (answer.status >= 500) return 'away';
    if (answer.status !== 200) return { wrong: `${file.name}: store says ${answer.status}` };
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return sha256(bytes) === hash ? 'right' : { wrong: `${file.name}: other bytes` };
  } catch {
    return 'away';
  }
}

/** Everything in the caller's root, page by page. */
export async function listRoot(api: Api): Promise<Map<string, Json>> {
  const found = new Map<string, Json>();
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await api.get(`/folders/root/children?limit=1000${query}`);
    if (answer.status !== 200) throw new Error(`listing: ${JSON.stringify(answer.body)}`);
    for (const item of answer.body.items) found.set(item.name, item);
    cursor = answer.body.cursor;
  } while (cursor !== null);
  return found;
}

/** The final word: every acknowledged file is listed, whole and right. */
export async function auditAll(cluster: Cluster, token: string, ledger: Ledger): Promise<string[]> {
  const faults: string[] = [];
  const listed = await listRoot(new Api(cluster.server.url, token));
  for (const [name, hash] of ledger) {
    const file = listed.get(name);
    if (file === undefined) {
      faults.push(`${name}: acknowledged, but not listed`);
      continue;
    }
    const verdict = await readOne(cluster, token, file, hash);
    if (verdict !== 'right')
      faults.push(verdict === 'away' ? `${name}: unreadable` : verdict.wrong);
  }
  for (const name of listed.keys()) {
    if (!ledger.has(name)) faults.push(`${name}: listed, but never acknowledged`);
  }
  return faults;
}
