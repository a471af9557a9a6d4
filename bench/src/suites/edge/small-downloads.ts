import type { Json } from '@valise/acceptance/harness/api';
import { upload } from '@valise/acceptance/harness/api';
import { pseudoRandom } from '@valise/acceptance/harness/content';
import { cpuTimes } from '../../measure/cpu-time.ts';
import { LightClient } from '../../measure/light-client.ts';
import type { Figure } from '../../measure/report.ts';
import type { Workbench } from '../workbench.ts';

const SIZE = 4096;
const FILES = 50;
/** Fewer than nginx takes over one connection, for the reader may use one for them all. */
const DOWNLOADS = 9_500;
const CONNECTIONS = 16;
const AIM = 3_000;

/** Signed links to small cached files: per second that has passed, and of nginx's processor time. */
export async function smallDownloads(
  { api }: Workbench,
  edgePid: number,
): Promise<readonly Figure[]> {
  const fileIds: string[] = [];
  for (let n = 0; n < FILES; n++) {
    const content = pseudoRandom(`small ${n}`, SIZE);
    fileIds.push((await upload(api, { name: `small ${n}`, content })).id);
  }
  const { results } = (await api.post('/files/download-urls', { fileIds })).body;
  const links: readonly URL[] = results.map((one: Json) => new URL(one.downloadUrl));
  const client = new LightClient(links[0]?.origin ?? '');
  try {
    const get = async (n: number) => {
      const { pathname, search } = links[n % FILES] as URL;
      const call = { method: 'GET', path: pathname + search, headers: {}, body: Buffer.alloc(0) };
      const { status, body } = await client.send(call);
      if (status !== 200 || body.length !== SIZE) throw new Error(`The edge answered ${status}.`);
    };
    for (let n = 0; n < FILES; n++) await get(n);
    const before = await nginxTime(edgePid);
    const began = performance.now();
    let next = 0;
    const run = async () => {
      while (next < DOWNLOADS) await get(next++);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, run));
    const passed = performance.now() - began;
    const perCore = (DOWNLOADS * 1000) / ((await nginxTime(edgePid)) - before);
    return [
      {
        what: 'small signed downloads per second and core',
        measured: String(Math.round(perCore)),
        aim: `≥ ${AIM}`,
        met: perCore >= AIM,
        detail: `${Math.round((DOWNLOADS * 1000) / passed)} a second beside the reader on the same processors`,
      },
    ];
  } finally {
    client.close();
  }
}

async function nginxTime(pid: number): Promise<number> {
  return (await cpuTimes(pid)).get('nginx') ?? 0;
}
