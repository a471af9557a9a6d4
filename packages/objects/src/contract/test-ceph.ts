import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { StoreAccess } from './contract-store.ts';

/** `hold.ts` says so when Ceph isn't installed. */
const NOT_INSTALLED = 3;

export interface Ceph {
  readonly access: StoreAccess;
  close(): Promise<void>;
}

/** For tests: a real Ceph gateway, which ends with us; null where Ceph isn't installed. */
export async function startCeph(): Promise<Ceph | null> {
  const script = fileURLToPath(new URL('../../../../scripts/ceph/hold.ts', import.meta.url));
  const holder = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit').then(([code]) => code as number | null);
  const line = once(holder.stdout, 'data').then(([bytes]) => String(bytes));
  const first = await Promise.race([line, ended]);
  if (first === NOT_INSTALLED) return null;
  if (typeof first !== 'string') throw new Error(`Ceph cannot be started (${first}).`);
  const variables = JSON.parse(first) as Record<string, string>;
  return {
    access: {
      endpoint: variables.S3_ENDPOINT ?? '',
      region: variables.S3_REGION ?? '',
      accessKeyId: variables.S3_ACCESS_KEY_ID ?? '',
      secretAccessKey: variables.S3_SECRET_ACCESS_KEY ?? '',
    },
    async close() {
      holder.stdin.end();
      await ended;
    },
  };
}
