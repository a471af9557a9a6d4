import { createHash, randomBytes } from 'node:crypto';
import type { Json } from '@valise/acceptance/harness/api';
import { type Report, times } from '../measure/report.ts';
import { quantile, summarise } from '../measure/statistics.ts';
import { Workbench } from './workbench.ts';

const BATCH = 256;
const SIZE = 64;

/** Calls per second of the API itself: batches created and committed; single creates under load. */
export async function apiCalls(rounds: number): Promise<Report> {
  await using bench = await Workbench.open();
  const presigned: number[] = [];
  const committed: number[] = [];
  for (let round = 0; round < rounds + 1; round++) {
    const { createMs, completeMs, files } = await batchRound(bench, `round-${round}`);
    if (round === 0) continue; // The first warms the compiler and the pool.
    presigned.push((files * 1000) / createMs);
    committed.push((files * 1000) / completeMs);
  }
  const latencies = await singleCreates(bench, 50, 40);
  const p99 = quantile(latencies, 0.99);
  const rate = (values: number[], aim: number, what: string) => {
    const { median, low, high } = summarise(values);
    return {
      what,
      measured: `${Math.round(median)}/s`,
      aim: `≥ ${aim}/s`,
      met: median >= aim,
      detail: `${Math.round(low)}–${Math.round(high)}; ${times(median / aim)} of the aim`,
    };
  };
  return {
    title: 'API calls',
    how: `One server, embedded database and store, the client on the same two cores. Batches of ${BATCH} files with fingerprint and chunk list, two callers at once; ${rounds} rounds.`,
    figures: [
      rate(presigned, 5000, 'files presigned per second, in batches'),
      rate(committed, 2000, 'files committed per second, in batches'),
      {
        what: 'single create, 50 callers at once: p99',
        measured: `${p99.toFixed(1)} ms`,
        aim: '< 25 ms',
        met: p99 < 25,
        detail: `p50 ${quantile(latencies, 0.5).toFixed(1)} ms`,
      },
    ],
  };
}

function describe(name: string, parentId: string, content: Buffer): Json {
  const digest = createHash('sha256').update(content).digest();
  return {
    name,
    parentId,
    size: content.byteLength,
    mimeType: 'application/octet-stream',
    fingerprint: `v1:${createHash('sha256').update(digest).digest('hex')}`,
    chunks: [[`sha256:${digest.toString('hex')}`, content.byteLength]],
  };
}

async function batchRound(bench: Workbench, name: string) {
  const folder = (await bench.api.post('/folders', { name, parentId: null })).body.file.id;
  const contents = Array.from({ length: BATCH * 3 }, () => randomBytes(SIZE));
  const batches = [0, 1, 2].map((b) =>
    contents
      .slice(b * BATCH, (b + 1) * BATCH)
      .map((content, n) => describe(`${b}-${n}`, folder, content)),
  );
  const createStart = performance.now();
  const answers = await Promise.all(
    batches.map((files) => bench.api.post('/files/presigned-urls', { files })),
  );
  const createMs = performance.now() - createStart;
  const results = answers.flatMap((answer) => answer.body.results as Json[]);
  await Promise.all(
    results.map(async (result, n) => {
      const { url, headers } = result.upload.parts[0].request;
      const response = await fetch(url, { method: 'PUT', headers, body: contents[n] as Buffer });
      if (!response.ok) throw new Error(`PUT ${response.status}`);
    }),
  );
  const uploads = results.map((r) => ({ fileId: r.file.id, uploadId: r.upload.id }));
  const completeStart = performance.now();
  const done = await Promise.all(
    [0, 1, 2].map((b) =>
      bench.api.post('/files/complete', { uploads: uploads.slice(b * BATCH, (b + 1) * BATCH) }),
    ),
  );
  const completeMs = performance.now() - completeStart;
  for (const result of done.flatMap((answer) => answer.body.results as Json[])) {
    if (result.file?.status !== 'uploaded') throw new Error(JSON.stringify(result));
  }
  return { createMs, completeMs, files: results.length };
}

async function singleCreates(bench: Workbench, callers: number, each: number): Promise<number[]> {
  const latencies: number[] = [];
  const folder = await bench.api.post('/folders', { name: 'single', parentId: null });
  const loop = async (caller: number) => {
    for (let n = 0; n < each; n++) {
      const body = describe(`${caller}-${n}`, folder.body.file.id, randomBytes(SIZE));
      const start = performance.now();
      const { status, body: answer } = await bench.api.post('/files/presigned-url', body);
      latencies.push(performance.now() - start);
      if (status !== 201) throw new Error(JSON.stringify(answer));
      // Keeps the caller below the limit of pending uploads; not part of the figure.
      await bench.api.call(
        'DELETE',
        `/files/${answer.file.id}/upload?uploadId=${answer.upload.id}`,
      );
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)));
  return latencies;
}
