import { createHash } from 'node:crypto';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Json } from '@valise/acceptance/harness/api';
import { createFileHasher, fileSource } from '@valise/client-node/hashing';
import { writeFreshFile } from '../measure/content-file.ts';
import { cpuTimes } from '../measure/cpu-time.ts';
import { type Figure, mebibytes, type Report, seconds, times } from '../measure/report.ts';
import { peakOf } from '../measure/run-process.ts';
import { summarise } from '../measure/statistics.ts';
import { Workbench } from './workbench.ts';

const MiB = 1_048_576;
const BASE = 256 * MiB;
/** One call's worth of records, below what a server takes at once. */
const PIECE = 100_000;
const RECORD = 36;

/** What long chunk lists cost the server, and what putting an unchanged file again costs its owner. */
export async function chunkLists(
  rounds: number,
  listed: number,
  repeated: number,
): Promise<Report> {
  await using bench = await Workbench.open();
  return {
    title: 'Chunk lists',
    how: `A file of ${listed / 1024 / MiB} GiB is committed of which the store has every byte: ${BASE / MiB} MiB of random content over and over, told by its chunk list alone and put together by the store. Then a file of ${repeated / MiB} MiB is put again unchanged, ${rounds} rounds, beside \`valise hash\` of it; cold means that the fingerprint kept from the last time was removed.`,
    figures: [
      ...(await commitList(bench, listed)),
      ...(await repeatUpload(bench, rounds, repeated)),
    ],
  };
}

async function commitList(bench: Workbench, size: number): Promise<Figure[]> {
  const base = join(bench.folder, 'base.bin');
  await writeFreshFile(base, BASE);
  await bench.valise(['put', 'base.bin']);
  const hasher = createFileHasher();
  const { records } = await hasher.hash(fileSource(base));
  await hasher.close();
  const list = Buffer.concat(Array.from({ length: size / BASE }, () => records));
  const cpuBefore = await serverCpu(bench);
  const begun = performance.now();
  const { file, upload } = await announce(bench, size, list);
  const told = performance.now();
  const cpuTold = await serverCpu(bench);
  await complete(bench, file.id, upload.id);
  const done = performance.now();
  const cpuDone = await serverCpu(bench);
  const peak = await peakOf(bench.serverPid);
  const detail = `${(list.length / RECORD).toLocaleString('en')} chunks, ${mebibytes(list.length)}; clock ${seconds(told - begun)}, and ${seconds(done - told)} for assembling and committing`;
  return [
    atMost('list of a 50 GiB file: processor time of the API process', {
      value: cpuDone - cpuBefore,
      aim: 3000,
      show: seconds,
      detail: `${seconds(cpuTold - cpuBefore)} until the plan, ${seconds(cpuDone - cpuTold)} to complete; ${detail}`,
    }),
    atMost('memory of the API process, at most', { value: peak, aim: 300e6, show: mebibytes }),
  ];
}

async function announce(bench: Workbench, size: number, list: Buffer): Promise<Json> {
  const digests = createHash('sha256');
  for (let at = 0; at < list.length; at += RECORD) digests.update(list.subarray(at, at + 32));
  const created = await bench.api.post('/files/presigned-url', {
    name: 'listed.bin',
    size,
    mimeType: 'application/octet-stream',
    fingerprint: `v1:${digests.digest('hex')}`,
    chunkCount: list.length / RECORD,
    pin: true,
  });
  const { file, upload } = expect(created, 201);
  for (let from = 0; from < list.length / RECORD; from += PIECE) {
    const piece = list.subarray(from * RECORD, (from + PIECE) * RECORD);
    const path = `/files/${file.id}/upload/chunks?uploadId=${upload.id}&from=${from}`;
    expect(await bench.api.call('PUT', path, piece), 200);
  }
  const state = expect(await bench.api.get(`/files/${file.id}/upload?uploadId=${upload.id}`), 200);
  const parts: number = state.upload.parts.length;
  if (parts > 0) throw new Error(`${parts} parts were to be sent of what the store has.`);
  return { file, upload };
}

async function complete(bench: Workbench, fileId: string, uploadId: string): Promise<void> {
  for (;;) {
    const answer = await bench.api.post(`/files/${fileId}/complete`, { uploadId });
    if (answer.status === 200) return;
    expect(answer, 202);
    await wait(100);
  }
}

async function repeatUpload(bench: Workbench, rounds: number, size: number): Promise<Figure[]> {
  const path = join(bench.folder, 'again.bin');
  await writeFreshFile(path, size);
  // Only what has rested for a while is kept in mind.
  const past = new Date(Date.now() - 60_000);
  await utimes(path, past, past);
  await wait(2_500);
  await bench.valise(['put', 'again.bin']);
  const stored = await storedBytes(bench);
  const taken = { hash: [] as number[], cold: [] as number[], warm: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    taken.hash.push((await bench.valise(['hash', 'again.bin'])).milliseconds);
    await forgetFingerprints(bench);
    taken.cold.push((await bench.valise(['put', 'again.bin'])).milliseconds);
    taken.warm.push((await bench.valise(['put', 'again.bin'])).milliseconds);
  }
  const sent = (await storedBytes(bench)) - stored;
  const hash = summarise(taken.hash).median;
  const beside = (what: string, values: readonly number[]) => {
    const { median } = summarise(values);
    const detail = `${seconds(median)}; hash ${seconds(hash)}`;
    return atMost(what, { value: median / hash, aim: 1.3, show: times, detail });
  };
  return [
    beside('unchanged file put again, cold: time beside hashing', taken.cold),
    beside('unchanged file put again: time beside hashing', taken.warm),
    atMost('content bytes sent by these', { value: Math.max(sent, 0), aim: 0, show: mebibytes }),
  ];
}

async function forgetFingerprints(bench: Workbench): Promise<void> {
  const home = join(bench.folder, 'home');
  for (const name of await readdir(home, { recursive: true })) {
    if (name.endsWith('fingerprints')) await rm(join(home, name), { recursive: true });
  }
}

/** Bytes below the embedded store's folder; what metadata adds there is far below a part. */
async function storedBytes(bench: Workbench): Promise<number> {
  const folder = join(bench.server.data, 'objects');
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    const stats = await stat(join(folder, name)).catch(() => null);
    if (stats?.isFile() && stats.size >= MiB) bytes += stats.size;
  }
  return bytes;
}

async function serverCpu(bench: Workbench): Promise<number> {
  return (await cpuTimes(bench.serverPid)).get('server') ?? 0;
}

function expect(answer: Answer, status: number): Json {
  if (answer.status === status) return answer.body;
  throw new Error(`${answer.status}: ${JSON.stringify(answer.body).slice(0, 1000)}`);
}

function atMost(
  what: string,
  figure: {
    readonly value: number;
    readonly aim: number;
    readonly show: (value: number) => string;
    readonly detail?: string;
  },
): Figure {
  const { value, aim, show, detail } = figure;
  const told = { what, measured: show(value), aim: `≤ ${show(aim)}`, met: value <= aim };
  return detail === undefined ? told : { ...told, detail };
}
