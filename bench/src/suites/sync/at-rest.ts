import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { countRequests } from '../../measure/count-requests.ts';
import { type Figure, mebibytes, seconds } from '../../measure/report.ts';
import type { AgentProcess } from '../../sync/agent-process.ts';
import { makeFiles } from '../../sync/trees.ts';
import type { ValisePair } from '../../sync/valise-pair.ts';
import { sizeOf, waitUntil } from '../../sync/wait-until.ts';

const MB = 1_000_000;
/** Nothing below is smaller than this many bytes, so that reading them would show. */
const SIZE = 4_096;
const IDLE_MS = 20_000;

/**
 * A device with very many files that haven't changed: how it starts, what it takes at rest. Then
 * one folder of `moved` files is renamed while a second device runs.
 */
export async function measureAtRest(
  pair: ValisePair,
  { files, moved }: { readonly files: number; readonly moved: number },
): Promise<Figure[]> {
  await makeFiles(pair.left, files - moved, SIZE);
  await makeFiles(join(pair.left, 'moved'), moved, SIZE);
  const first = await pair.once('left');
  const writes = await countRequests(pair.server.ops, 'writing');
  const begun = performance.now();
  const left = pair.run('left');
  const { sent, received } = await left.untilInStep(files);
  const restart = performance.now() - begun;
  const read = await left.bytesRead();
  const idle = await measureIdle(left);
  const quiet = (await countRequests(pair.server.ops, 'writing')) - writes;
  const { now, peak } = await left.memory();
  const memoryAim = files > 500_000 ? 400 * MB : 150 * MB;
  return [
    {
      what: `restart with ${files} unchanged files: in step after`,
      measured: seconds(restart),
      aim: '< 3.00 s',
      met: restart < 3_000,
      detail: `read ${mebibytes(read)} of any kind, of ${mebibytes(files * SIZE)} content; the first sync took ${seconds(first.milliseconds)} and ${mebibytes(first.peakMemory)}`,
    },
    {
      what: 'content read at that restart',
      measured: read < files * SIZE ? 'none' : 'some',
      aim: 'none',
      met: read < files * SIZE,
      detail: 'all that it reads, mostly its own database, is less than the contents alone',
    },
    {
      what: 'processor time at rest',
      measured: `${((idle / IDLE_MS) * 100).toFixed(2)} %`,
      aim: '< 0.50 %',
      met: idle / IDLE_MS < 0.005,
      detail: `${idle} ms in ${IDLE_MS / 1_000} s`,
    },
    {
      what: `memory with ${files} files`,
      measured: mebibytes(peak),
      aim: `< ${mebibytes(memoryAim)}`,
      met: peak < memoryAim,
      detail: `at most; ${mebibytes(now)} at rest`,
    },
    {
      what: 'write requests and bytes of a quiet system',
      measured: `${quiet}, ${sent + received}`,
      aim: '0, 0',
      met: quiet === 0 && sent + received === 0,
      detail: 'from the restart on',
    },
    await renameFolder(pair, { files, moved }),
  ];
}

async function measureIdle(agent: AgentProcess): Promise<number> {
  await wait(2_000);
  const before = await agent.cpu();
  await wait(IDLE_MS);
  return (await agent.cpu()) - before;
}

async function renameFolder(
  pair: ValisePair,
  { files, moved }: { readonly files: number; readonly moved: number },
): Promise<Figure> {
  const right = pair.run('right');
  await right.untilInStep(files);
  const last = `folder ${Math.floor((moved - 1) / 1_000)}/file ${moved - 1}`;
  const bytes = async () => {
    const [here, there] = await Promise.all([pair.agent('left').status(), right.status()]);
    return [here, there].reduce((sum, one) => sum + (one?.sent ?? 0) + (one?.received ?? 0), 0);
  };
  const before = await bytes();
  const begun = performance.now();
  await rename(join(pair.left, 'moved'), join(pair.left, 'renamed'));
  const there = join(pair.right, 'renamed', last);
  await waitUntil('the renamed folder', async () => (await sizeOf(there)) === SIZE);
  const taken = performance.now() - begun;
  await pair.agent('left').untilInStep(files);
  await right.untilInStep(files);
  const moving = (await bytes()) - before;
  return {
    what: `a folder of ${moved} files renamed → on the other device`,
    measured: seconds(taken),
    aim: '< 1.00 s',
    met: taken < 1_000 && moving === 0,
    detail: `${moving} content bytes`,
  };
}
