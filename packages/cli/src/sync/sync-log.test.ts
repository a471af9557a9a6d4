import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { AgentEvent } from '@valise/sync';
import { openSyncLog } from './sync-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'valise-log-'));
after(() => rmSync(folder, { recursive: true }));

const onFault = (error: unknown): never => {
  throw error;
};

const done = (path: string): AgentEvent => ({
  kind: 'done',
  operation: { kind: 'local-trash', id: 'a' },
  path,
  size: 0,
});

test('changes, failures and questions become lines; what only begins does not', () => {
  const path = join(folder, 'lines.log');
  const log = openSyncLog(path, { onFault });
  log.event(done('a.txt'));
  log.event({ ...done('b.txt'), kind: 'started' });
  log.event({
    kind: 'failed',
    operation: { kind: 'hash', id: 'c' },
    error: new Error('no'),
    path: 'c',
    size: 0,
  });
  log.note('Waiting for you');
  const [first, second, third, ...rest] = readFileSync(path, 'utf8').trimEnd().split('\n');
  assert.match(first ?? '', /^\d{4}-.*Z deleted here a\.txt$/);
  assert.match(second ?? '', /failed: reading c: no: it is tried again by itself$/);
  assert.match(third ?? '', /Z Waiting for you$/);
  assert.deepEqual(rest, []);
});

test('the log never grows beyond two files of its limit, over restarts too', () => {
  const path = join(folder, 'bound.log');
  for (let start = 0; start < 4; start++) {
    const log = openSyncLog(path, { limit: 1_000, onFault });
    for (let count = 0; count < 25; count++) log.event(done(`${start} ${count}`));
  }
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('bound')),
    ['bound.log', 'bound.log.1'],
  );
  assert.ok(statSync(path).size <= 1_000);
  assert.ok(statSync(`${path}.1`).size <= 1_000);
  assert.match(readFileSync(path, 'utf8'), /deleted here 3 24\n$/);
});

test('a log that cannot be written is said once, and again when it had got better', () => {
  const path = join(folder, 'away', 'sync.log');
  const faults: unknown[] = [];
  const log = openSyncLog(path, { onFault: (error) => faults.push(error) });
  for (const name of ['a', 'b']) log.event(done(name));
  assert.equal(faults.length, 1);
  mkdirSync(join(folder, 'away'));
  log.event(done('c'));
  assert.match(readFileSync(path, 'utf8'), /^[^\n]* c\n$/);
  rmSync(join(folder, 'away'), { recursive: true });
  log.event(done('d'));
  assert.equal(faults.length, 2);
});
