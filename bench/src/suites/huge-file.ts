import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Figure, mebibytes, type Report, seconds } from '../measure/report.ts';
import { peakOf } from '../measure/run-process.ts';
import { GeneratedSource } from '../programs/generated-source.ts';
import { SinkStore, type SunkPart } from '../sink-store/sink-store.ts';
import { Workbench } from './workbench.ts';

const GiB = 2 ** 30;
const MiB = 2 ** 20;
const SEED = 'huge file';
const PROGRAM = join(import.meta.dirname, '../programs/put-generated.ts');

/** A file larger than the disk: generated as it is read, killed half-way, resumed, completed. */
export async function hugeFile(size: number): Promise<Report> {
  await using sink = new SinkStore();
  await using bench = await Workbench.open({
    S3_ENDPOINT: await sink.listen(),
    S3_REGION: 'sink',
    S3_BUCKET: 'sink',
    S3_ACCESS_KEY_ID: 'sink',
    S3_SECRET_ACCESS_KEY: 'sink',
    S3_FORCE_PATH_STYLE: 'true',
  });
  const home = join(bench.folder, 'generated');
  await mkdir(home);
  const first = await attempt(bench, {
    home,
    size,
    killWhen: () => sink.bytesReceived > size * 0.4,
  });
  const before = sink.bytesReceived;
  const second = await attempt(bench, { home, size, killWhen: () => false });
  const object = [...sink.objects.values()].find((candidate) => candidate.size === size);
  const parts = object?.parts ?? [];
  const resent = sink.bytesReceived - size;
  return {
    title: `One generated file of ${(size / GiB).toFixed(0)} GiB`,
    how: 'The content is random words, made as they are read and stored nowhere. The store is a process that hashes what arrives, enforces the pinned hashes, keeps size and SHA-256 of every part and drops the bytes. The client is killed with SIGKILL when 40 % has arrived and started again; at the end every part’s SHA-256 is compared with the generator’s.',
    figures: [
      check('killed in the middle', first.code === null, `${mebibytes(before)} had arrived`),
      check('resumed and completed', second.output.includes('"uploaded"'), seconds(second.ms)),
      check('≤ 10,000 parts', parts.length > 0 && parts.length <= 10_000, `${parts.length} parts`),
      check('every part is the generator’s', await sameContent(parts, size), mebibytes(size)),
      check('sent again after the kill: < 1 GiB', resent < GiB, mebibytes(resent)),
      check(
        'client memory ≤ 250 MiB',
        Math.max(first.peak, second.peak) <= 250 * MiB,
        mebibytes(Math.max(first.peak, second.peak)),
      ),
    ],
  };
}

function check(what: string, met: boolean, measured: string): Figure {
  return { what, measured, aim: 'yes', met };
}

interface Attempt {
  readonly code: number | null;
  readonly output: string;
  readonly peak: number;
  readonly ms: number;
}

async function attempt(
  bench: Workbench,
  { home, size, killWhen }: { home: string; size: number; killWhen: () => boolean },
): Promise<Attempt> {
  const { email, password } = bench.account;
  const start = performance.now();
  const args = [PROGRAM, bench.server.url, home, SEED, String(size), email, password];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let peak = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const watch = setInterval(() => {
    void peakOf(child.pid ?? 0).then((memory) => {
      peak = Math.max(peak, memory);
    });
    if (killWhen()) child.kill('SIGKILL');
  }, 100);
  const code = await new Promise<number | null>((done) => child.on('close', done));
  clearInterval(watch);
  return { code, output, peak, ms: performance.now() - start };
}

/** Regenerates the file part by part and compares hashes. */
async function sameContent(parts: readonly SunkPart[], size: number): Promise<boolean> {
  const source = new GeneratedSource(SEED, size);
  let offset = 0;
  for (const part of parts) {
    if (hash('sha256', await source.read(offset, part.size)) !== part.sha256) return false;
    offset += part.size;
  }
  return offset === size;
}
