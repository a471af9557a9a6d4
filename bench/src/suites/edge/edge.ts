import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { startEdge } from '@valise/acceptance/harness/edge';
import { freePorts } from '@valise/acceptance/harness/server';
import type { Report } from '../../measure/report.ts';
import { Workbench } from '../workbench.ts';
import { largeFile } from './large-file.ts';
import { smallDownloads } from './small-downloads.ts';
import { textTree } from './text-tree.ts';

const MiB = 1_048_576;

/** The nginx edge beside nginx with the same file on its disk, and beside the store itself. */
export async function edge(rounds: number, size: number): Promise<Report> {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const env = { CDN_URL: url, CDN_KEY: randomBytes(24).toString('hex') };
  await using bench = await Workbench.open({ CDN: 'edge', ...env });
  const { data } = bench.server;
  const cache = `${data}-edge-cache`;
  try {
    await using running = await startEdge(data, { url, env });
    const edgePid = running.pid;
    const small = await smallDownloads(bench, edgePid);
    const tree = await textTree(bench, 10_000);
    const large = await largeFile(bench, { rounds, size, cache, edgePid, env });
    return {
      title: 'The edge',
      how: `${size / MiB} MiB read by curl, ${rounds} interleaved rounds, medians; store, edge, readers and the nginx that serves the same file from its disk share the machine. Cold: the edge's cache was emptied, the file lies in the page cache. Ranges have 8 MiB, and don't begin where slices do. The store far away: 256 MiB through a proxy that delays and throttles, for the edge and for who reads directly. Small downloads: kept connections, per second of processor time that nginx spent.`,
      figures: [...large, ...small, tree],
    };
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}
