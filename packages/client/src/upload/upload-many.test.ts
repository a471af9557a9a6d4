import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isAppError } from '@valise/core/errors';
import { ClientError, failureCode, isClientError } from '../errors/client-error.ts';
import { assertSameBytes, fakeSource, noise } from '../fakes/test-content.ts';
import { type FakeWorld, fakeWorld } from '../fakes/test-world.ts';
import { uploadMany } from './upload-many.ts';
import type { UploadOutcome, UploadRequest } from './upload-request.ts';

function item(name: string, bytes: Uint8Array): UploadRequest {
  const modifiedAt = new Date(0);
  const source = fakeSource(bytes);
  return { source, name, parentId: null, mimeType: 'x/y', modifiedAt, executable: false };
}

function items(count: number): UploadRequest[] {
  return Array.from({ length: count }, (_, at) => item(`f${at}`, noise(100 + at, `f${at}`)));
}

async function run(world: FakeWorld, list: readonly UploadRequest[], signal?: AbortSignal) {
  const outcomes: UploadOutcome<UploadRequest>[] = [];
  let sent = 0;
  await uploadMany(world.deps, list, {
    signal,
    onOutcome: (outcome) => outcomes.push(outcome),
    onSent: (bytes) => {
      sent += bytes;
    },
  });
  const failed = outcomes.filter((outcome) => outcome.kind === 'failed');
  return { outcomes, failed, sent };
}

describe('uploading many files', () => {
  test('600 small files take three batches and arrive as they are', async () => {
    const world = fakeWorld();
    const list = items(600);
    const { outcomes, failed, sent } = await run(world, list);
    assert.equal(outcomes.length, 600);
    assert.deepEqual(failed, []);
    assert.equal(
      sent,
      list.reduce((sum, { source }) => sum + source.size, 0),
    );
    const calls = world.transport.log.filter((line) => line.startsWith('POST'));
    assert.equal(calls.length, 6);
    for (const { file, content } of world.server.files.values()) {
      const at = Number(file.name.slice(1));
      assertSameBytes(content, noise(100 + at, `f${at}`));
    }
  });

  test('large files go by themselves beside them', async () => {
    const world = fakeWorld();
    const large = noise(9 * 1_048_576);
    const { outcomes, sent } = await run(world, [...items(3), item('large', large), ...items(5)]);
    assert.equal(outcomes.filter(({ kind }) => kind === 'done').length, 9);
    assert.ok(sent >= large.length);
  });

  test('one bad file fails alone, wherever it fails', async () => {
    const world = fakeWorld();
    const unreadable = item('unreadable', noise(9));
    Object.assign(unreadable.source, {
      read: async () => {
        throw new ClientError('local-file');
      },
    });
    world.transport.intercept = (request) =>
      request.method === 'PUT' && request.body?.length === 7 ? { status: 418 } : null;
    const list = [...items(10), unreadable, item('a/b', noise(5)), item('refused', noise(7))];
    const { outcomes, failed } = await run(world, list);
    assert.equal(outcomes.length, 13);
    const told = failed.map((one) => `${one.item.name} ${failureCode(one.error)}`).sort();
    assert.deepEqual(told, ['a/b invalid-name', 'refused store-refused', 'unreadable local-file']);
  });

  test('what fails for a passing reason is asked for again, and only that', async () => {
    const world = fakeWorld();
    let asked = 0;
    world.transport.intercept = (request) => {
      if (!request.url.endsWith('/presigned-urls') || asked++ > 0) return null;
      const answer = world.server.handle(request);
      const { results } = answer.body as { results: object[] };
      results[2] = { error: { status: 429, code: 'too-many-uploads', title: '', detail: '' } };
      return answer;
    };
    const { failed } = await run(world, items(5));
    assert.deepEqual(failed, []);
    assert.equal(asked, 2);
  });

  test('what stays so fails by itself', async () => {
    const world = fakeWorld();
    world.transport.intercept = (request) => {
      if (!request.url.endsWith('/presigned-urls')) return null;
      const { files } = JSON.parse(String(request.body)) as { files: unknown[] };
      const error = { status: 429, code: 'too-many-uploads', title: '', detail: '' };
      return { status: 200, body: { results: files.map(() => ({ error })) } };
    };
    const { failed } = await run(world, items(2));
    assert.ok(failed.every(({ error }) => isAppError(error, 'too-many-uploads')));
    assert.equal(failed.length, 2);
  });

  test('a server out of reach ends the whole', async () => {
    const world = fakeWorld();
    world.transport.intercept = () => {
      throw new ClientError('unreachable');
    };
    await assert.rejects(run(world, items(2)), (error) => isClientError(error, 'unreachable'));
  });

  test('an abort ends the whole; nothing runs on', async () => {
    const world = fakeWorld();
    const stop = new AbortController();
    world.transport.intercept = () => {
      if (world.transport.log.length === 20) stop.abort(new Error('power cut'));
      return null;
    };
    await assert.rejects(run(world, items(300), stop.signal), /power cut/);
    const sent = world.transport.log.length;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(world.transport.log.length, sent);
  });

  test('a version that somebody else put right after is not taken for what was sent', async () => {
    const world = fakeWorld();
    world.transport.intercept = (request) => {
      if (!request.url.endsWith('/files/complete')) return null;
      world.server.handle(request);
      for (const { file } of [...world.server.files.values()].slice(0, 1)) {
        world.server.replace(file.id, noise(9), {
          fingerprint: `v1:${'0'.repeat(64)}`,
          records: new Uint8Array(),
        });
      }
      return world.server.handle(request);
    };
    const { outcomes } = await run(world, items(2));
    const [overtaken, other] = outcomes.map((one) => (one.kind === 'done' ? one : null));
    assert.equal(overtaken?.file.version, 2);
    assert.equal(overtaken?.sent.version, 1);
    assert.notEqual(overtaken?.sent.fingerprint, overtaken?.file.fingerprint);
    assert.deepEqual(other?.sent, { version: 1, fingerprint: other?.file.fingerprint });
  });

  test('sources are closed, failed or not', async () => {
    const world = fakeWorld();
    const list = [...items(3), item('a/b', noise(5))];
    await run(world, list);
    assert.ok(list.every(({ source }) => 'closed' in source && source.closed));
  });
});
