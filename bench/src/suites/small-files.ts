import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import type { Json } from '@valise/acceptance/harness/api';
import { type Figure, type Report, seconds, times } from '../measure/report.ts';
import { summarise } from '../measure/statistics.ts';
import { Rclone } from '../peers/rclone.ts';
import { Workbench } from './workbench.ts';

const SIZE = 4096;

/** A folder of many 4 KiB files: `valise put` beside rclone and beside bare presigned PUTs. */
export async function smallFiles(rounds: number, count: number): Promise<Report> {
  await using bench = await Workbench.open();
  const rclone = await Rclone.on(bench.server.data);
  const valise: number[] = [];
  const peer: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const steps = [
      async () => valise.push(await timedPut(bench, `valise-${round}`, count)),
      async () => peer.push(await timedRclone(bench, rclone, count)),
      async () => bare.push(await barePuts(bench, `bare-${round}`, count)),
    ];
    for (let n = 0; n < steps.length; n++) await steps[(n + round) % steps.length]?.();
  }
  const [own, other, loop] = [valise, peer, bare].map((values) => summarise(values).median);
  return {
    title: `${count} files of 4 KiB`,
    how: `Whole processes, ${rounds} interleaved rounds, fresh content; the bare loop only sends PUTs to URLs made beforehand, ${BARE_PARALLEL} at once, and neither creates nor completes files.`,
    figures: [
      compare('put: time beside rclone --transfers 32', own ?? 0, other ?? 0, {
        aim: '< 1.00 ×',
        met: (ratio) => ratio < 1,
        peer: 'rclone',
      }),
      compare('put: rate beside bare presigned PUTs', loop ?? 0, own ?? 0, {
        aim: '≥ 0.80 ×',
        met: (ratio) => ratio >= 0.8,
        peer: 'valise',
      }),
      {
        what: 'files per second, whole command',
        measured: String(Math.round((count * 1000) / (own ?? 1))),
        aim: '',
        met: true,
      },
    ],
  };
}

function compare(
  what: string,
  numerator: number,
  denominator: number,
  rule: { aim: string; met: (ratio: number) => boolean; peer: string },
): Figure {
  const ratio = numerator / denominator;
  const detail = `${seconds(numerator)} / ${rule.peer} ${seconds(denominator)}`;
  return { what, measured: times(ratio), aim: rule.aim, met: rule.met(ratio), detail };
}

async function writeFolder(path: string, count: number): Promise<void> {
  await mkdir(path, { recursive: true });
  for (let n = 0; n < count; n++) await writeFile(join(path, `file-${n}`), randomBytes(SIZE));
}

async function timedPut(bench: Workbench, name: string, count: number): Promise<number> {
  const path = join(bench.folder, name);
  await writeFolder(path, count);
  const run = await bench.valise(['put', name]);
  await rm(path, { recursive: true });
  return run.milliseconds;
}

async function timedRclone(bench: Workbench, rclone: Rclone, count: number): Promise<number> {
  const path = join(bench.folder, 'rclone');
  await writeFolder(path, count);
  const run = await rclone.run([
    'copy',
    '--transfers=32',
    '--checkers=32',
    path,
    rclone.remote('bench/small'),
  ]);
  await rclone.run(['purge', rclone.remote('bench/small')]);
  await rm(path, { recursive: true });
  return run.milliseconds;
}

const BARE_PARALLEL = 32;

async function barePuts(bench: Workbench, name: string, count: number): Promise<number> {
  const folder = await bench.api.post('/folders', { name, parentId: null });
  const targets: Json[] = [];
  const unfinished: Json[] = [];
  let spent = 0;
  for (let from = 0; from < count; from += 256) {
    const files = Array.from({ length: Math.min(256, count - from) }, (_, n) => ({
      name: `file-${from + n}`,
      size: SIZE,
      mimeType: 'application/octet-stream',
      parentId: folder.body.file.id,
    }));
    const { results } = (await bench.api.post('/files/presigned-urls', { files })).body;
    for (const result of results) {
      targets.push(result.upload.parts[0].request);
      unfinished.push({ fileId: result.file.id, uploadId: result.upload.id });
    }
    // A user may hold 1,000 pending uploads: send and finish before that, the clock stopped.
    if (unfinished.length >= 768 || from + 256 >= count) {
      spent += await sendAll(targets.splice(0));
      for (let at = 0; at < unfinished.length; at += 256) {
        await bench.api.post('/files/complete', { uploads: unfinished.slice(at, at + 256) });
      }
      unfinished.length = 0;
    }
  }
  return spent;
}

async function sendAll(targets: Json[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: BARE_PARALLEL });
  const bodies = targets.map(() => randomBytes(SIZE));
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: BARE_PARALLEL }, async () => {
      while (next < targets.length) {
        const at = next++;
        await sendOne(agent, targets[at], bodies[at] as Buffer);
      }
    }),
  );
  agent.destroy();
  return performance.now() - start;
}

function sendOne(agent: Agent, target: Json, body: Buffer): Promise<void> {
  return new Promise((done, fail) => {
    const headers = { ...target.headers, 'content-length': body.byteLength };
    const sent = request(target.url, { method: 'PUT', agent, headers }, (answer) => {
      answer.resume();
      answer.on('end', () =>
        answer.statusCode === 200 ? done() : fail(new Error(`PUT ${answer.statusCode}`)),
      );
    });
    sent.on('error', fail);
    sent.end(body);
  });
}
