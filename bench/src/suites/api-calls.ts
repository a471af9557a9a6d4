import { createHash, randomBytes } from 'node:crypto';
import { Api, type Json } from '@valise/acceptance/harness/api';
import { cpuTimes } from '../measure/cpu-time.ts';
import { LightClient, type RawAnswer, type ReadyCall } from '../measure/light-client.ts';
import { type Figure, mebibytes, type Report, times } from '../measure/report.ts';
import { peakOf } from '../measure/run-process.ts';
import { quantile, summarise } from '../measure/statistics.ts';
import { Workbench } from './workbench.ts';

const BATCH = 256;
/** One after the other per caller: as many as the limit of pending uploads allows. */
const BATCHES = 3;
const CALLERS = 2;
const SINGLE_CALLERS = 50;
const SIZE = 64;
const WARM_UP_ROUNDS = 3;

/** Calls per second of the API itself: batches created and committed; single creates under load. */
export async function apiCalls(rounds: number): Promise<Report> {
  await using bench = await Workbench.open();
  const client = new LightClient(bench.server.url);
  try {
    const callers = await register(bench, CALLERS);
    const created: Sample[] = [];
    const completed: Sample[] = [];
    for (let round = 0; round < rounds + WARM_UP_ROUNDS; round++) {
      const sample = await batchRound({ bench, client, callers, name: `round-${round}` });
      if (round < WARM_UP_ROUNDS) continue;
      created.push(sample.create);
      completed.push(sample.complete);
    }
    const one = { bench, client, callers: new Array<Api>(SINGLE_CALLERS).fill(bench.api) };
    const devices = await singleCreates(one, rounds);
    const people = await singleCreates(
      { ...one, callers: await register(bench, SINGLE_CALLERS) },
      rounds,
    );
    return {
      title: 'API calls',
      how: `One server, embedded database and store, the client on the same processors. Batches of ${BATCH} files with fingerprint and chunk list; ${CALLERS} people at once, each one batch after the other; ${rounds} rounds after ${WARM_UP_ROUNDS} to warm up. Answers are parsed after the clock has stopped.`,
      figures: [
        rate(created, 5000, 'files presigned per second, in batches'),
        rate(completed, 2000, 'files committed per second, in batches'),
        latency(devices, 'one person'),
        latency(people, `${SINGLE_CALLERS} people`),
        await memory(bench),
      ],
    };
  } finally {
    client.close();
  }
}

async function register(bench: Workbench, people: number): Promise<readonly Api[]> {
  const apis: Api[] = [];
  // One after the other: the hashing of passwords is made to be slow.
  for (let n = 0; n < people; n++) {
    apis.push(bench.api.as(await new Api(bench.server.url).register()));
  }
  return apis;
}

interface Sample {
  readonly files: number;
  readonly milliseconds: number;
  readonly cpu: ReadonlyMap<string, number>;
  /** Processor time of this process, which makes the load. */
  readonly clientMicroseconds?: number;
}

function rate(samples: readonly Sample[], aim: number, what: string): Figure {
  const rates = samples.map(({ files, milliseconds }) => (files * 1000) / milliseconds);
  const { median, low, high } = summarise(rates);
  return {
    what,
    measured: `${Math.round(median)}/s`,
    aim: `≥ ${aim}/s`,
    met: median >= aim,
    detail: `${Math.round(low)}–${Math.round(high)}; ${times(median / aim)} of the aim; processor time per file: ${cpuPerFile(samples)}`,
  };
}

/** The clock of /proc ticks in hundredths of a second, so this is of all rounds together. */
function cpuPerFile(samples: readonly Sample[]): string {
  const files = samples.reduce((sum, sample) => sum + sample.files, 0);
  const spent = (name: string) =>
    samples.reduce((sum, { cpu }) => sum + (cpu.get(name) ?? 0), 0) * 1000;
  return `server ${Math.round(spent('server') / files)} µs, database ${Math.round(spent('postgres') / files)} µs`;
}

function latency({ latencies, samples }: Singles, whose: string): Figure {
  const p99 = quantile(latencies, 0.99);
  return {
    what: `single create, ${SINGLE_CALLERS} callers at once, ${whose}: p99`,
    measured: `${p99.toFixed(1)} ms`,
    aim: '< 25 ms',
    met: p99 < 25,
    detail: `p50 ${quantile(latencies, 0.5).toFixed(1)} ms of ${latencies.length}; processor time per call: ${cpuPerFile(samples)}, client ${Math.round(clientCpu(samples))} µs`,
  };
}

async function memory(bench: Workbench): Promise<Figure> {
  const peak = await peakOf(bench.serverPid);
  return {
    what: 'memory of the API process after all this, at most',
    measured: mebibytes(peak),
    aim: '≤ 250 MB',
    met: peak <= 250e6,
  };
}

async function timed(
  bench: Workbench,
  calls: readonly (readonly ReadyCall[])[],
  client: LightClient,
): Promise<Sample & { readonly answers: readonly (readonly RawAnswer[])[] }> {
  const sample = await measured(bench, () =>
    Promise.all(
      calls.map(async (those) => {
        const got: RawAnswer[] = [];
        for (const call of those) got.push(await client.send(call));
        return got;
      }),
    ),
  );
  return { ...sample, files: calls.length * BATCHES * BATCH };
}

async function measured<T>(bench: Workbench, work: () => Promise<T>) {
  const before = await cpuTimes(bench.serverPid);
  const own = process.cpuUsage();
  const start = performance.now();
  const answers = await work();
  const milliseconds = performance.now() - start;
  const { user, system } = process.cpuUsage(own);
  const after = await cpuTimes(bench.serverPid);
  const cpu = new Map([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]));
  return { milliseconds, cpu, clientMicroseconds: user + system, answers };
}

interface Round {
  readonly bench: Workbench;
  readonly client: LightClient;
  readonly callers: readonly Api[];
  readonly name: string;
}

async function batchRound({ bench, client, callers, name }: Round) {
  const perCaller = await Promise.all(
    callers.map(async (api) => {
      const folder = (await api.post('/folders', { name, parentId: null })).body.file.id;
      return { api, folder };
    }),
  );
  // Each file's content is its own: what a person has already would not be presigned.
  const plans = perCaller.map(({ api, folder }) =>
    Array.from({ length: BATCHES }, (_, b) => {
      const files = Array.from({ length: BATCH }, (_, n) => {
        const content = randomBytes(SIZE);
        return { content, json: describe(`${b}-${n}`, folder, content) };
      });
      const body = { files: files.map((file) => file.json) };
      return { files, call: readyCall(api, 'POST', '/files/presigned-urls', body) };
    }),
  );
  const create = await timed(
    bench,
    plans.map((batches) => batches.map((batch) => batch.call)),
    client,
  );
  const completions = await Promise.all(
    perCaller.map(async ({ api }, c) =>
      Promise.all(
        (plans[c] ?? []).map(async ({ files }, b) => {
          const results = resultsOf(create.answers[c]?.[b]);
          await putAll(
            results,
            files.map((file) => file.content),
          );
          const uploads = results.map((r) => ({ fileId: r.file.id, uploadId: r.upload.id }));
          return readyCall(api, 'POST', '/files/complete', { uploads });
        }),
      ),
    ),
  );
  const complete = await timed(bench, completions, client);
  for (const result of complete.answers.flat().flatMap(resultsOf)) {
    if (result.file?.status !== 'uploaded') throw new Error(JSON.stringify(result));
  }
  return { create, complete };
}

function resultsOf(answer: RawAnswer | undefined): Json[] {
  if (answer?.status !== 200) throw new Error(`${answer?.status} ${answer?.body}`);
  return JSON.parse(answer.body.toString()).results;
}

async function putAll(results: readonly Json[], contents: readonly Buffer[]): Promise<void> {
  await Promise.all(
    results.map(async (result, n) => {
      const { url, headers } = result.upload.parts[0].request;
      const response = await fetch(url, { method: 'PUT', headers, body: contents[n] as Buffer });
      if (!response.ok) throw new Error(`PUT ${response.status}`);
    }),
  );
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

function readyCall(api: Api, method: string, path: string, body?: Json): ReadyCall {
  const authorization = `Bearer ${api.token}`;
  return body === undefined
    ? { method, path, headers: { authorization }, body: Buffer.alloc(0) }
    : {
        method,
        path,
        headers: { authorization, 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify(body)),
      };
}

interface Load {
  readonly bench: Workbench;
  readonly client: LightClient;
  /** One entry per caller. */
  readonly callers: readonly Api[];
}

/** Creates per caller and round: all callers together stay below one person's limit. */
const EACH = 18;

interface Singles {
  /** Milliseconds of each create. */
  readonly latencies: readonly number[];
  readonly samples: readonly Sample[];
}

function clientCpu(samples: readonly Sample[]): number {
  const files = samples.reduce((sum, sample) => sum + sample.files, 0);
  return samples.reduce((sum, { clientMicroseconds = 0 }) => sum + clientMicroseconds, 0) / files;
}

/** All callers at once, each one call after the other. */
async function singleCreates(load: Load, rounds: number): Promise<Singles> {
  const { bench, client, callers } = load;
  const folders = new Map<Api, string>();
  for (const api of new Set(callers)) {
    const answer = await api.post('/folders', { name: 'single', parentId: null });
    folders.set(api, answer.body.file.id);
  }
  const latencies: number[] = [];
  const samples: Sample[] = [];
  for (let round = 0; round < rounds + WARM_UP_ROUNDS; round++) {
    const took: number[] = [];
    const loop = async (calls: readonly ReadyCall[]) => {
      const got: RawAnswer[] = [];
      for (const call of calls) {
        const start = performance.now();
        got.push(await client.send(call));
        took.push(performance.now() - start);
      }
      return got;
    };
    const calls = callers.map((api, caller) =>
      Array.from({ length: EACH }, (_, n) => {
        const name = `${round}-${caller}-${n}`;
        const body = describe(name, folders.get(api) ?? '', randomBytes(SIZE));
        return readyCall(api, 'POST', '/files/presigned-url', body);
      }),
    );
    const { answers, ...sample } = await measured(bench, () => Promise.all(calls.map(loop)));
    if (round >= WARM_UP_ROUNDS) {
      latencies.push(...took);
      samples.push({ ...sample, files: took.length });
    }
    await cancelAll(load, answers);
  }
  return { latencies, samples };
}

/** Makes room for the next round; not part of the figure. */
async function cancelAll(
  { client, callers }: Load,
  answers: readonly (readonly RawAnswer[])[],
): Promise<void> {
  const created = answers.flatMap((those, caller) =>
    those.map(({ status, body }) => {
      if (status !== 201) throw new Error(body.toString());
      const { file, upload } = JSON.parse(body.toString());
      const path = `/files/${file.id}/upload?uploadId=${upload.id}`;
      return readyCall(callers[caller] as Api, 'DELETE', path);
    }),
  );
  let next = 0;
  const loop = async () => {
    for (let call = created[next++]; call !== undefined; call = created[next++]) {
      await client.send(call);
    }
  };
  await Promise.all([loop(), loop(), loop(), loop()]);
}
