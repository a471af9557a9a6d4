import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEdge } from '@valise/acceptance/harness/edge';
import { freePorts } from '@valise/acceptance/harness/server';
import { Presigner, type StoreKeys } from '../../measure/presign.ts';
import type { Figure } from '../../measure/report.ts';
import type { Workbench } from '../workbench.ts';
import { compare, emptyFolder, timedGet } from './compare.ts';
import { startFarLine } from './far-line.ts';

const MiB = 1_048_576;
const LINE = { bytesPerSecond: 125_000_000, roundTripMs: 20 };
const BYTES = 256 * MiB;
const AIM = 0.7;

/** A cold read through an edge of its own, whose store is 1 Gbit/s and 20 ms away; and without it. */
export async function farOrigin(
  { server }: Workbench,
  given: { readonly rounds: number; readonly link: string; readonly env: Record<string, string> },
): Promise<Figure> {
  const text = await readFile(join(server.data, 'objects', 'credentials.json'), 'utf8');
  const keys = JSON.parse(text) as StoreKeys;
  await using line = await startFarLine(keys.endpoint, LINE);
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const cache = `${server.data}-edge-cache/far`;
  await using _edge = await startEdge(server.data, {
    url,
    env: {
      ...given.env,
      CDN_URL: url,
      VALISE_EDGE_CACHE: cache,
      S3_ENDPOINT: line.url,
      S3_REGION: keys.region,
      S3_BUCKET: keys.bucket,
      S3_ACCESS_KEY_ID: keys.accessKeyId,
      S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
    },
  });
  const presigner = new Presigner({ ...keys, endpoint: line.url });
  // A link is signed for whichever edge has the key.
  const { pathname, search } = new URL(given.link);
  const range = ['-r', `0-${BYTES - 1}`];
  const direct: number[] = [];
  const cold: number[] = [];
  for (let round = 0; round < given.rounds; round++) {
    direct.push(await timedGet(String(presigner.url('GET', pathname.slice(1))), range));
    await emptyFolder(join(cache, 'objects'));
    cold.push(await timedGet(url + pathname + search, range));
  }
  return compare('cold, the store 1 Gbit/s and 20 ms away: rate beside direct', direct, cold, AIM);
}
