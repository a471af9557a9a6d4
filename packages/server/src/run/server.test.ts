import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findPostmaster } from '../db/embedded/postmaster.ts';
import { findFreePort } from './free-port.ts';
import { hasProcessText } from './process-status.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const FREE_PORTS = { VALISE_PORT: '0', VALISE_OPS_PORT: '0', VALISE_OBJECTS_PORT: '0' };

interface Server {
  readonly url: string;
  readonly opsPort: number;
  readonly stderr: () => string;
  /** Sends the signal and waits for the end; answers the exit code, null after a kill. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

interface StartOptions {
  readonly uid?: number;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

async function start(data: string, options: StartOptions = {}): Promise<Server> {
  const child = spawn(process.execPath, [MAIN], {
    cwd: options.cwd ?? data,
    env: { PATH: process.env.PATH, VALISE_DATA: data, ...FREE_PORTS, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (piece) => {
    stdout += piece;
  });
  child.stderr.on('data', (piece) => {
    stderr += piece;
  });
  const ended = once(child, 'exit');
  const url = await until(() => /Valise runs at (\S+)/.exec(stdout)?.[1] ?? child.exitCode);
  if (typeof url !== 'string') throw new Error(`The server ended with ${url}: ${stderr}`);
  const opsPort = Number(/"port":(\d+),"msg":"Operations/.exec(stderr)?.[1]);
  return {
    url,
    opsPort,
    stderr: () => stderr,
    async end(signal) {
      child.kill(signal);
      return (await ended)[0];
    },
  };
}

/** Asks again and again until there is an answer; the test's own time limit ends a vain wait. */
async function until<T>(ask: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let tries = 0; tries < 2_000; tries++) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    await sleep(20);
  }
  throw new Error(`Waited in vain for ${ask}`);
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

function readiness(server: Server): Promise<number> {
  return statusOf(`http://127.0.0.1:${server.opsPort}/readyz`);
}

async function pidsOf(data: string): Promise<{ database: number; store: number }> {
  const database = await findPostmaster(join(data, 'postgres', 'data'));
  const store = Number(await readFile(join(data, 'objects.pid'), 'utf8'));
  assert.ok(database !== undefined);
  return { database, store };
}

async function newData(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'valise-server-'));
}

describe('one data folder', () => {
  let data: string;
  let server: Server;
  before(async () => {
    data = await newData();
    server = await start(data);
  });
  after(async () => {
    await server.end('SIGTERM');
    await rm(data, { recursive: true });
  });

  test('everything answers after the first start', async () => {
    assert.equal(await statusOf(`${server.url}/healthz`), 200);
    assert.equal(await readiness(server), 200);
    assert.equal(await statusOf(`http://127.0.0.1:${server.opsPort}/metrics`), 200);
  });

  test('the API counts the bytes that it moves', async () => {
    const read = async (name: string) => {
      const response = await fetch(`http://127.0.0.1:${server.opsPort}/metrics`);
      return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await response.text())?.[1]);
    };
    const [inBefore, outBefore] = [
      await read('valise_api_bytes_in_total'),
      await read('valise_api_bytes_out_total'),
    ];
    const response = await fetch(`${server.url}/openapi.json`);
    const { length } = await response.text();
    const [inAfter, outAfter] = [
      await read('valise_api_bytes_in_total'),
      await read('valise_api_bytes_out_total'),
    ];
    assert.ok(inAfter - inBefore > 50 && inAfter - inBefore < 5_000);
    assert.ok(outAfter - outBefore >= length && outAfter - outBefore < length + 5_000);
  });

  test('after kill -9 the next server adopts database and store', async () => {
    const pids = await pidsOf(data);
    assert.equal(await server.end('SIGKILL'), null);
    server = await start(data);
    assert.deepEqual(await pidsOf(data), pids);
    assert.equal(await readiness(server), 200);
  });

  test('a second server shares them, and either may leave first', async () => {
    const pids = await pidsOf(data);
    const second = await start(data);
    assert.deepEqual(await pidsOf(data), pids);
    assert.equal(await server.end('SIGTERM'), 0);
    assert.equal(await readiness(second), 200);
    assert.deepEqual(await pidsOf(data), pids);
    server = second;
  });

  test('ready means that the API takes requests', async () => {
    const [port, opsPort] = [await findFreePort('127.0.0.1'), await findFreePort('127.0.0.1')];
    const environment = { VALISE_PORT: String(port), VALISE_OPS_PORT: String(opsPort) };
    const starting = start(data, { environment });
    const isReady = () =>
      statusOf(`http://127.0.0.1:${opsPort}/readyz`).then(
        (status) => status === 200,
        () => false,
      );
    await until(isReady);
    assert.equal(await statusOf(`http://127.0.0.1:${port}/healthz`), 200);
    assert.equal(await (await starting).end('SIGTERM'), 0);
  });

  for (const part of ['database', 'store'] as const) {
    test(`a killed ${part} means 503, then it is started again`, async () => {
      const before = await pidsOf(data);
      process.kill(before[part], 'SIGKILL');
      // Under load the part may be back before anybody asks.
      const isSeen = async () => (await readiness(server)) === 503 || (await isReplaced());
      const isReplaced = () =>
        pidsOf(data).then(
          (pids) => pids[part] !== before[part],
          () => false,
        );
      await until(isSeen);
      assert.equal(await statusOf(`${server.url}/healthz`), 200);
      await until(async () => (await readiness(server)) === 200);
      assert.notEqual((await pidsOf(data))[part], before[part]);
    });
  }

  test('a clean stop by the last server ends everything; a warm start brings it back', async () => {
    const pids = await pidsOf(data);
    assert.equal(await server.end('SIGTERM'), 0);
    assert.equal(await findPostmaster(join(data, 'postgres', 'data')), undefined);
    assert.equal(await hasProcessText(pids.store, 'environ', `VALISE_DATA=${data}`), false);
    server = await start(data);
    assert.equal(await readiness(server), 200);
  });

  test('no secret is in the log', async () => {
    const { password } = JSON.parse(await readFile(join(data, 'postgres/connection.json'), 'utf8'));
    const keys = JSON.parse(await readFile(join(data, 'objects/credentials.json'), 'utf8'));
    const jwt = await readFile(join(data, 'jwt-secret'), 'utf8');
    for (const secret of [password, keys.secretAccessKey, jwt]) {
      assert.ok(!server.stderr().includes(secret));
    }
  });
});

test('two servers may start together on a new folder', async (t) => {
  const data = await newData();
  t.after(() => rm(data, { recursive: true }));
  const servers = await Promise.all([start(data), start(data)]);
  for (const server of servers) assert.equal(await readiness(server), 200);
  const codes = await Promise.all(servers.map((server) => server.end('SIGTERM')));
  assert.deepEqual(codes, [0, 0]);
  assert.equal(await findPostmaster(join(data, 'postgres', 'data')), undefined);
});

test('it all works as an ordinary user', { skip: !isRoot }, async (t) => {
  const data = await newData();
  t.after(() => rm(data, { recursive: true }));
  await chown(data, NOBODY, NOBODY);
  const server = await start(data, { uid: NOBODY });
  assert.equal(await readiness(server), 200);
  assert.equal(await server.end('SIGTERM'), 0);
});

test('for root where namespaces are forbidden, PostgreSQL is another user', {
  skip: !isRoot,
}, async (t) => {
  const parent = await newData();
  t.after(() => rm(parent, { recursive: true }));
  await chmod(parent, 0o755);
  const data = join(parent, 'data');
  // Without `unshare` in reach there is no namespace.
  const server = await start(data, { cwd: parent, environment: { PATH: '/nowhere' } });
  const { database } = await pidsOf(data);
  assert.equal((await stat(`/proc/${database}`)).uid, NOBODY);
  assert.equal(await readiness(server), 200);
  assert.equal(await server.end('SIGTERM'), 0);
});

test('one certificate serves API and store, which trust it under any name', async (t) => {
  const data = await newData();
  const certificates = await newData();
  t.after(() => Promise.all([data, certificates].map((path) => rm(path, { recursive: true }))));
  const [cert, key] = [join(certificates, 'cert.pem'), join(certificates, 'key.pem')];
  const self = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
  execFileSync(
    'openssl',
    [...self.split(' '), '-subj', '/CN=files.example.org', '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  const environment = { VALISE_TLS_CERT: cert, VALISE_TLS_KEY: key };
  const server = await start(data, { environment });
  assert.match(server.url, /^https:/);
  assert.equal(await readiness(server), 200);
  const stored = JSON.parse(await readFile(join(data, 'objects', 'credentials.json'), 'utf8'));
  assert.match(stored.endpoint, /^https:/);
  assert.equal(await server.end('SIGTERM'), 0);
});

describe('what keeps it from starting is said plainly', () => {
  let data: string;
  before(async () => {
    data = await newData();
  });
  after(() => rm(data, { recursive: true }));

  function refused(environment: NodeJS.ProcessEnv): string {
    const { status, stderr, stdout } = spawnSync(process.execPath, [MAIN], {
      cwd: data,
      env: { PATH: process.env.PATH, VALISE_DATA: data, ...FREE_PORTS, ...environment },
      encoding: 'utf8',
    });
    assert.equal(status, 1, stderr);
    assert.equal(stdout, '');
    return stderr;
  }

  test('every fault of the configuration', () => {
    const said = refused({ VALISE_PORT: 'x', S3_BUCKET: 'b', VALISE_TLS_CERT: '/nowhere' });
    assert.match(said, /VALISE_PORT must be/);
    assert.match(said, /S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY must be set/);
    assert.match(said, /VALISE_TLS_CERT and VALISE_TLS_KEY/);
  });

  for (const variable of ['VALISE_PORT', 'VALISE_OPS_PORT', 'VALISE_OBJECTS_PORT']) {
    test(`a port in use, ${variable}`, async (t) => {
      const other = createServer();
      t.after(() => other.close());
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
      const address = other.address();
      assert.ok(address !== null && typeof address === 'object');
      const said = refused({ [variable]: String(address.port) });
      assert.match(said, new RegExp(`Port ${address.port} is in use: set ${variable}`));
      assert.equal(await findPostmaster(join(data, 'postgres', 'data')), undefined);
    });
  }

  test("someone else's folder", async () => {
    const foreign = await newData();
    await writeFile(join(foreign, 'thesis.odt'), 'mine');
    const said = refused({ VALISE_DATA: foreign });
    assert.match(said, /is not empty and not Valise's \(it holds thesis.odt\)/);
    assert.equal(await readFile(join(foreign, 'thesis.odt'), 'utf8'), 'mine');
    await rm(foreign, { recursive: true });
  });
});
