import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Presigner } from '../measure/presign.ts';
import { RawConnection, requestHead } from '../measure/raw-connection.ts';
import type { Figure } from '../measure/report.ts';
import { CephStore } from '../peers/ceph-store.ts';
import { EmbeddedStore } from '../peers/embedded-store.ts';
import { beside } from './large-objects.ts';
import { call, MultipartUpload } from './multipart-upload.ts';

const MiB = 1_048_576;
const PART_SIZE = 16 * MiB;
const CONNECTIONS = 4;
const WHAT = `multipart upload beside Ceph, ${CONNECTIONS} parts of 16 MiB at once`;

/** A whole multipart upload, begun to complete, beside a Ceph gateway on the same disk. */
export async function multipartBesideCeph(rounds: number, size: number): Promise<Figure> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-bench-'));
  const own: number[] = [];
  const peer: number[] = [];
  try {
    await using ceph = await CephStore.start();
    if (ceph === null) return { what: WHAT, measured: 'no Ceph here', aim: '≥ 1.00 ×', met: false };
    await using store = await EmbeddedStore.start(join(folder, 'data'));
    for (let round = 0; round < rounds; round += 1) {
      const steps = [
        async () => own.push(await upload(store, size)),
        async () => peer.push(await upload(ceph, size)),
      ];
      for (let n = 0; n < steps.length; n += 1) await steps[(n + round) % steps.length]?.();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return beside(WHAT, own, peer, { aim: 1, name: 'Ceph 16.2 (BlueStore)' });
}

interface Target {
  readonly signer: Presigner;
  readonly origin: URL;
}

async function upload({ signer, origin }: Target, size: number): Promise<number> {
  const block = randomBytes(MiB);
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => RawConnection.open(origin)),
  );
  const began = performance.now();
  const running = await MultipartUpload.begin(signer, 'multipart');
  let next = 1;
  await Promise.all(
    connections.map(async (connection) => {
      for (let number = next++; number <= size / PART_SIZE; number = next++) {
        const head = requestHead('PUT', running.partUrl(number), { 'content-length': PART_SIZE });
        const status = await connection.stream(head, block, PART_SIZE);
        if (status !== 200) throw new Error(`The answer was ${status}.`);
      }
    }),
  );
  await running.complete(await running.list());
  const milliseconds = performance.now() - began;
  for (const connection of connections) connection.close();
  await call('DELETE', signer.url('DELETE', 'multipart'));
  return milliseconds;
}
