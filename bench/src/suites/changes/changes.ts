import { readFile } from 'node:fs/promises';
import { TestServer } from '@valise/acceptance/harness/server';
import { LightClient, type RawAnswer } from '../../measure/light-client.ts';
import { type Figure, mebibytes, type Report, times } from '../../measure/report.ts';
import { quantile } from '../../measure/statistics.ts';
import { newSecret, type PlantedPerson, Planting } from './planting.ts';
import { openRawSocket, type RawSocket } from './raw-sockets.ts';

export interface ChangesSizes {
  /** Files of the large account; the small one has a thousand. */
  readonly files: number;
  readonly sockets: number;
}

const SMALL = 1_000;
const EDITS = 50;
const PAGES = 200;
const PUSHES = 200;
const LISTING_LIMIT = 10_000;
/** Connections opened at once. */
const OPENING = 50;

/** The feed of a large account, and the push to many devices. */
export async function changes(rounds: number, sizes: ChangesSizes): Promise<Report> {
  const secret = newSecret();
  await using server = await TestServer.start({
    env: { VALISE_RATE_LIMIT: '10000000', VALISE_JWT_SECRET: secret },
  });
  const planting = await Planting.open(server.data, secret);
  const client = new LightClient(server.url);
  const bench: Bench = { server, planting, client };
  try {
    const [small, large, author] = await planting.people(3);
    if (!small || !large || !author) throw new Error('nobody was planted');
    // First the push: memory is compared before the listings have grown the heap.
    const oneDevice = await pushToOne(bench, author);
    const crowd = await pushToCrowd(bench, author, sizes.sockets);
    await planting.files(small.userId, SMALL);
    await planting.files(large.userId, sizes.files);
    const pages = await changesPages(bench, { small, large });
    const listings: number[] = [];
    for (let round = 0; round < rounds; round++) listings.push(await listAll(bench, large));
    return {
      title: 'Changes',
      how: `One server with the embedded database, the client on the same processors. Accounts of ${SMALL.toLocaleString('en')} and ${sizes.files.toLocaleString('en')} files, planted by SQL with contents of their own in folders of 1,000. Pages: ${EDITS} renamed files each, ${PAGES} pages per account, in turn. Push: ${PUSHES} commits of one device, seen by another; then one commit to a file shared with everyone connected.`,
      figures: [...pages, listingFigure(listings), oneDevice, ...crowd],
    };
  } finally {
    client.close();
    await planting.close();
  }
}

interface Bench {
  readonly server: TestServer;
  readonly planting: Planting;
  readonly client: LightClient;
}

async function call(
  { client }: Bench,
  { token }: PlantedPerson,
  path: string,
  init: { readonly method: string; readonly body?: object } = { method: 'GET' },
): Promise<RawAnswer> {
  const { method, body } = init;
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  const answer = await client.send({ method, path, headers, body: bytes });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.body}`);
  return answer;
}

/** The cursor stands at the end of a page, whose rest needn't be parsed. */
function cursorOf({ body }: RawAnswer): { readonly cursor: string; readonly hasMore: boolean } {
  const tail = body.subarray(-300).toString();
  const match = /"cursor":"([\w-]+)","hasMore":(true|false)\}$/.exec(tail);
  if (match?.[1] === undefined) throw new Error(`no cursor in ${tail}`);
  return { cursor: match[1], hasMore: match[2] === 'true' };
}

async function changesPages(
  bench: Bench,
  people: { readonly small: PlantedPerson; readonly large: PlantedPerson },
): Promise<readonly Figure[]> {
  const took = { small: [] as number[], large: [] as number[] };
  for (const [name, person] of Object.entries(people) as ['small' | 'large', PlantedPerson][]) {
    const cursor = await endOf(bench, person);
    await edit(bench, person);
    // Warm: the first calls compile and connect.
    for (let n = 0; n < 50; n++) await call(bench, person, `/files/changes?since=${cursor}`);
    for (let n = 0; n < PAGES; n++) {
      const start = performance.now();
      const { body } = await call(bench, person, `/files/changes?since=${cursor}`);
      took[name].push(performance.now() - start);
      if (n === 0) expectEdits(body);
    }
  }
  const [small, large] = [quantile(took.small, 0.99), quantile(took.large, 0.99)];
  const [smallMid, largeMid] = [quantile(took.small, 0.5), quantile(took.large, 0.5)];
  return [
    {
      what: `a page after ${EDITS} edits, large account: p99`,
      measured: `${large.toFixed(1)} ms`,
      aim: '< 20 ms',
      met: large < 20,
      detail: `p50 ${largeMid.toFixed(1)} ms; small account p50 ${smallMid.toFixed(1)}, p99 ${small.toFixed(1)} ms`,
    },
    {
      what: 'the same beside the small account: median',
      measured: times(largeMid / smallMid),
      aim: '≤ 1.5 ×',
      met: largeMid <= 1.5 * smallMid,
    },
  ];
}

function expectEdits(body: Buffer): void {
  const count = JSON.parse(body.toString()).changes.length;
  if (count !== EDITS) throw new Error(`${count} changes instead of ${EDITS}`);
}

/** What was planted is an hour old, so that a time leads to the feed's end. */
async function endOf(bench: Bench, person: PlantedPerson): Promise<string> {
  return cursorOf(await call(bench, person, `/files/changes?since=${new Date().toJSON()}`)).cursor;
}

/** Marks files all over the account as executable. */
async function edit(bench: Bench, person: PlantedPerson): Promise<void> {
  const first = await call(bench, person, `/files/changes?limit=${EDITS * 2}`);
  const files = JSON.parse(first.body.toString()).changes.flatMap((change: ChangeJson) =>
    change.file.kind === 'file' ? [change.file.id] : [],
  );
  for (const id of files.slice(0, EDITS)) {
    await call(bench, person, `/files/${id}`, { method: 'PATCH', body: { executable: true } });
  }
}

interface ChangeJson {
  readonly file: { readonly id: string; readonly kind: string };
}

/** Files per second of a whole listing. */
async function listAll(bench: Bench, person: PlantedPerson): Promise<number> {
  let files = 0;
  let cursor: string | undefined;
  const start = performance.now();
  for (;;) {
    const since = cursor === undefined ? '' : `&since=${cursor}`;
    const answer = await call(bench, person, `/files/changes?limit=${LISTING_LIMIT}${since}`);
    files += LISTING_LIMIT;
    const page = cursorOf(answer);
    cursor = page.cursor;
    if (page.hasMore) continue;
    files += JSON.parse(answer.body.toString()).changes.length - LISTING_LIMIT;
    return (files * 1000) / (performance.now() - start);
  }
}

function listingFigure(rates: readonly number[]): Figure {
  const median = quantile(rates, 0.5);
  return {
    what: 'full listing of the large account, files per second',
    measured: `${Math.round(median)}/s`,
    aim: '≥ 50000/s',
    met: median >= 50_000,
    detail: `${Math.round(Math.min(...rates))}–${Math.round(Math.max(...rates))} in pages of ${LISTING_LIMIT}`,
  };
}

/** From a commit's request to the message on another device. */
async function pushToOne(bench: Bench, author: PlantedPerson): Promise<Figure> {
  const socket = await openRawSocket(bench.server.url, author.token);
  const took: number[] = [];
  for (let n = 0; n < PUSHES; n++) {
    const arrived = news(socket);
    const start = performance.now();
    const body = { name: `file ${n}`, size: 0, mimeType: 'text/plain' };
    const committed = call(bench, author, '/files/presigned-url', { method: 'POST', body });
    await Promise.all([arrived.then(() => took.push(performance.now() - start)), committed]);
    // As edits of a person are: one after the other, not in one burst.
    await new Promise((done) => setTimeout(done, 30));
  }
  socket.socket.removeAllListeners('close').destroy();
  const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)];
  return {
    what: 'commit → another device: p50, p99',
    measured: `${p50.toFixed(1)}, ${p99.toFixed(1)} ms`,
    aim: '< 20, < 60 ms',
    met: p50 < 20 && p99 < 60,
    detail: `${PUSHES} commits, from sending the request on`,
  };
}

function news(socket: RawSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.onNews = () => {
      socket.onNews = null;
      resolve();
    };
  });
}

async function pushToCrowd(
  bench: Bench,
  author: PlantedPerson,
  count: number,
): Promise<readonly Figure[]> {
  const crowd = await bench.planting.people(count);
  const body = { name: 'for everyone', size: 0, mimeType: 'text/plain' };
  const created = await call(bench, author, '/files/presigned-url', { method: 'POST', body });
  const { id } = JSON.parse(created.body.toString()).file;
  await bench.planting.share(
    id,
    author.userId,
    crowd.map(({ userId }) => userId),
  );
  const before = await residentBytes(bench.server.process.pid ?? 0);
  const sockets: RawSocket[] = [];
  for (let at = 0; at < count; at += OPENING) {
    const some = crowd.slice(at, at + OPENING);
    sockets.push(
      ...(await Promise.all(some.map((one) => openRawSocket(bench.server.url, one.token)))),
    );
  }
  // Two rounds of care have passed, and what opening left behind is collected.
  await new Promise((done) => setTimeout(done, 10_000));
  const idle = (await residentBytes(bench.server.process.pid ?? 0)) - before;
  const waiting = Promise.all(sockets.map(news));
  const start = performance.now();
  await call(bench, author, `/files/${id}`, { method: 'PATCH', body: { executable: true } });
  const answered = performance.now() - start;
  await waiting;
  const all = performance.now() - start;
  for (const { socket } of sockets) socket.removeAllListeners('close').destroy();
  return [
    {
      what: `${count.toLocaleString('en')} idle sockets: memory above base`,
      measured: mebibytes(idle),
      aim: '< 160 MB',
      met: idle < 160e6,
      detail: `${(idle / count / 1024).toFixed(1)} KiB each`,
    },
    {
      what: `commit → ${count.toLocaleString('en')} devices of as many people: the last one`,
      measured: `${(all / 1000).toFixed(2)} s`,
      aim: '< 3 s',
      met: all < 3_000,
      detail: `answered after ${answered.toFixed(0)} ms`,
    },
  ];
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
}
