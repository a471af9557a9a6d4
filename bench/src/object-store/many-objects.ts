import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '@valise/acceptance/harness/server';
import { type Figure, mebibytes, seconds } from '../measure/report.ts';
import { peakOf, runProcess } from '../measure/run-process.ts';
import { summarise } from '../measure/statistics.ts';
import { EmbeddedStore } from '../peers/embedded-store.ts';
import { call } from './multipart-upload.ts';

const START_AIM_MS = 2000;
const MEMORY_AIM = 200_000_000;
const PAGES = 20;

/** A store that holds `count` objects: its start, and its memory after that and some listing. */
export async function manyObjects(rounds: number, count: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'valise-bench-'));
  const starts: number[] = [];
  let memory = 0;
  try {
    const fill = join(REPOSITORY, 'packages/objects/src/fill.ts');
    const env = { VALISE_DATA: join(folder, 'data') };
    await runProcess(process.execPath, [fill, String(count)], { env });
    for (let round = 0; round < rounds; round += 1) {
      await using store = await EmbeddedStore.start(join(folder, 'data'));
      starts.push(store.startMilliseconds);
      await listPages(store);
      memory = Math.max(memory, await peakOf(store.pid));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const { median, low, high } = summarise(starts);
  const what = `${count.toLocaleString('en')} objects`;
  return [
    {
      what: `${what}: start, until it listens`,
      measured: seconds(median),
      aim: `< ${seconds(START_AIM_MS)}`,
      met: median < START_AIM_MS,
      detail: `${seconds(low)}–${seconds(high)}`,
    },
    {
      what: `${what}: memory of the process at most`,
      measured: mebibytes(memory),
      aim: `< ${mebibytes(MEMORY_AIM)}`,
      met: memory < MEMORY_AIM,
      detail: `after its start and ${PAGES} pages of listing`,
    },
  ];
}

async function listPages({ signer }: EmbeddedStore): Promise<void> {
  let token = '';
  for (let page = 0; page < PAGES; page += 1) {
    const query = { 'list-type': '2', ...(token ? { 'continuation-token': token } : {}) };
    const answer = await call('GET', signer.url('GET', '', { query }));
    token = /<NextContinuationToken>([^<]+)/.exec(answer)?.[1] ?? '';
  }
}
