import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, Api, expectStatus, upload } from '@valise/acceptance/harness/api';
import type pg from 'pg';
import { LightClient } from '../measure/light-client.ts';
import { type Figure, type Report, seconds, times } from '../measure/report.ts';
import { quantile } from '../measure/statistics.ts';
import { openServerDatabase } from '../populate/database.ts';
import { fillFolder, makePeople, shareFrom, shareWith } from '../populate/people.ts';
import { Workbench } from './workbench.ts';

const OWNERS = 1_000;
const SHARES_EACH = 100;
const CALLS = 400;
const FOLDERS = 1_000;
const FILES_EACH = 100;
const GUESTS = 10;
const CROWD = 10_000;
const PATIENCE_MS = 180_000;

/** What sharing costs where there is much of it. */
export async function sharing(rounds: number): Promise<Report> {
  await using bench = await Workbench.open();
  const db = await openServerDatabase(bench.server.data);
  try {
    const figures: Figure[] = [];
    for (const part of [manyShares, largeFolder, largeCrowd]) {
      figures.push(...(await part(bench, db, rounds)));
      console.error(`… ${figures.map(({ measured }) => measured).join(', ')}`);
    }
    return {
      title: 'Sharing',
      how: `One server, embedded database and store, the client on the same processors; people, files and shares are put into the database directly, then ANALYZE.`,
      figures,
    };
  } finally {
    await db.end();
  }
}

async function manyShares(bench: Workbench, db: pg.Client, rounds: number): Promise<Figure[]> {
  const owners = await makePeople(db, OWNERS);
  const [many, few] = [await guestOf(bench), await guestOf(bench)];
  const ofMany = await shareFrom(db, { owners, each: SHARES_EACH, guest: many.id });
  const ofFew = await shareFrom(db, { owners, each: 1, guest: few.id });
  await db.query('VACUUM ANALYZE');
  const client = new LightClient(bench.server.url);
  const calls: Readonly<Record<string, SharedCall>> = {
    'page of 100 of what was shared': {
      of: () => ({ method: 'GET', path: '/files/shared-with-me?limit=100' }),
      status: 200,
    },
    'may I? (a refused change)': {
      of: (id) => ({ method: 'PATCH', path: `/files/${id}`, body: { name: 'x' } }),
      status: 403,
    },
    'GET of one': { of: (id) => ({ method: 'GET', path: `/files/${id}` }), status: 200 },
  };
  const figures: Figure[] = [];
  for (const [what, call] of Object.entries(calls)) {
    const [much, little]: [number[], number[]] = [[], []];
    const pick = (ids: readonly string[], n: number) => ids[(n * 7919) % ids.length] ?? '';
    for (let n = 0; n < CALLS * rounds; n++) {
      much.push(await sent(client, many, call, pick(ofMany, n)));
      little.push(await sent(client, few, call, pick(ofFew, n)));
    }
    const p99 = quantile(much.slice(20), 0.99);
    const ratio = quantile(much.slice(20), 0.5) / quantile(little.slice(20), 0.5);
    figures.push({
      what: `${what}, ${OWNERS * SHARES_EACH} shares of ${OWNERS} owners: p99`,
      measured: ms(p99),
      aim: '< 10 ms',
      met: p99 < 10,
      detail: `with ${OWNERS}: ${ms(quantile(little.slice(20), 0.99))}`,
    });
    figures.push({
      what: `the same, median beside ${OWNERS} shares`,
      measured: times(ratio),
      aim: '≤ 1.50 ×',
      met: ratio <= 1.5,
      detail: `${ms(quantile(much.slice(20), 0.5))}`,
    });
  }
  client.close();
  return figures;
}

interface SharedCall {
  readonly of: (id: string) => { method: string; path: string; body?: object };
  readonly status: number;
}

/** How long the call takes a client that hardly costs anything itself. */
async function sent(client: LightClient, { api }: Guest, call: SharedCall, id: string) {
  const { method, path, body } = call.of(id);
  const ready = {
    method,
    path,
    headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' },
    body: Buffer.from(body === undefined ? '' : JSON.stringify(body)),
  };
  const began = performance.now();
  const { status } = await client.send(ready);
  const took = performance.now() - began;
  if (status !== call.status) throw new Error(`answered ${status}`);
  return took;
}

async function largeFolder(bench: Workbench, db: pg.Client): Promise<Figure[]> {
  const owner = bench.account.user.id;
  const made = await bench.api.post('/folders', { name: 'large', parentId: null });
  const folder = expectStatus(made, 201).file.id;
  await fillFolder(db, { owner, parent: folder, folders: FOLDERS, filesEach: FILES_EACH });
  await db.query('VACUUM ANALYZE');
  const guests = await makePeople(db, GUESTS);
  const others = await commitsDuring(bench.api, async () => {
    const began = performance.now();
    const answer = await timed(async () =>
      must((await bench.api.post(`/files/${folder}/share`, { users: guests })).status),
    );
    const rows = GUESTS * (1 + FOLDERS * (1 + FILES_EACH));
    await until(async () => (await countRows(db, guests)) >= rows && (await isQuiet(db)));
    return { answer, visible: performance.now() - began };
  });
  const { answer, visible } = others.result;
  const p99 = quantile(others.latencies, 0.99);
  const what = `sharing ${FOLDERS * FILES_EACH} files with ${GUESTS} people`;
  return [
    { what: `${what}: answer`, measured: seconds(answer), aim: '< 1 s', met: answer < 1000 },
    {
      what: `${what}: in every feed`,
      measured: seconds(visible),
      aim: '< 60 s',
      met: visible < 60_000,
    },
    {
      what: 'the owner’s other commits meanwhile: p99',
      measured: ms(p99),
      aim: '< 100 ms',
      met: p99 < 100,
      detail: `${others.latencies.length} commits, median ${ms(quantile(others.latencies, 0.5))}, longest ${ms(Math.max(...others.latencies))}`,
    },
  ];
}

async function largeCrowd(bench: Workbench, db: pg.Client): Promise<Figure[]> {
  const content = randomBytes(1000);
  const file = await upload(bench.api, { name: 'for all', content });
  const crowd = await makePeople(db, CROWD);
  const member = await guestOf(bench);
  const guests = [...crowd, member.id];
  await shareWith(db, { file: file.id, owner: bench.account.user.id, guests });
  await db.query('VACUUM ANALYZE');
  const answers: number[] = [];
  const bumped: number[] = [];
  const { latencies } = await commitsDuring(member.api, async () => {
    for (let n = 0; n < 5; n++) {
      const before = await sumOfPlaces(db, file.id);
      answers.push(await commitVersion(bench.api));
      const began = performance.now();
      await until(
        async () => (await sumOfPlaces(db, file.id)) >= before + guests.length && isQuiet(db),
      );
      bumped.push(performance.now() - began);
    }
  });
  const [answer, all, longest] = [
    quantile(answers, 0.5),
    Math.max(...bumped),
    Math.max(...latencies),
  ];
  const what = `a commit to a file shared with ${CROWD} people`;
  return [
    { what: `${what}: answer`, measured: ms(answer), aim: '< 50 ms', met: answer < 50 },
    { what: `${what}: all feeds bumped`, measured: seconds(all), aim: '< 5 s', met: all < 5000 },
    {
      what: 'commits of one of them meanwhile: longest',
      measured: ms(longest),
      aim: '< 100 ms',
      met: longest < 100,
      detail: `${latencies.length} commits, p99 ${ms(quantile(latencies, 0.99))}`,
    },
  ];
}

/** The last call of an upload: where the content becomes the file's. */
async function commitVersion(api: Api): Promise<number> {
  const content = randomBytes(1000);
  const request = { name: 'for all', size: content.length, mimeType: 'a/b' };
  const { upload: begun, file } = expectStatus(
    await api.post('/files/presigned-url', request),
    201,
  );
  const [part] = begun.parts;
  const sent = await fetch(part.request.url, {
    method: 'PUT',
    headers: part.request.headers,
    body: content,
  });
  if (!sent.ok) throw new Error(`the store answered ${sent.status}`);
  return timed(async () => must((await api.post(`/files/${file.id}/complete`, {})).status));
}

interface Guest {
  readonly id: string;
  readonly api: Api;
}

async function guestOf(bench: Workbench): Promise<Guest> {
  const account: Account = await new Api(bench.server.url).register();
  return { id: account.user.id, api: bench.api.as(account) };
}

/** Makes folders all the while, one after the other, and answers how long each took. */
async function commitsDuring<T>(api: Api, work: () => Promise<T>) {
  let isOver = false;
  const latencies: number[] = [];
  const committing = (async () => {
    for (let n = 0; !isOver; n++) {
      const body = { name: `other ${n}-${Date.now()}`, parentId: null };
      latencies.push(await timed(async () => must((await api.post('/folders', body)).status)));
      await sleep(10);
    }
  })();
  try {
    return { result: await work(), latencies };
  } finally {
    isOver = true;
    await committing;
  }
}

async function countRows(db: pg.Client, people: readonly string[]): Promise<number> {
  const { rows } = await db.query(
    'SELECT sum(seq) AS count FROM feeds WHERE user_id = ANY($1::uuid[])',
    [people],
  );
  return Number(rows[0].count);
}

async function sumOfPlaces(db: pg.Client, file: string): Promise<number> {
  const { rows } = await db.query(
    `SELECT sum(f.seq) AS sum FROM access a JOIN feeds f USING (user_id)
     WHERE a.file_id = $1 AND a.role <> 'owner'`,
    [file],
  );
  return Number(rows[0].sum);
}

async function isQuiet(db: pg.Client): Promise<boolean> {
  return (await db.query('SELECT FROM fanouts LIMIT 1')).rows.length === 0;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('It takes longer than anyone waits.');
    await sleep(100);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function must(status: number): void {
  if (status >= 400) throw new Error(`answered ${status}`);
}

const ms = (value: number) => `${value.toFixed(1)} ms`;
