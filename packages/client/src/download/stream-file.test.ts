import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DownloadUrl, File } from '@valise/core/wire';
import { ClientError, isClientError } from '../errors/client-error.ts';
import { assertSameBytes, noise } from '../fakes/test-content.ts';
import { fakeWorld } from '../fakes/test-world.ts';
import { hashBytes } from '../hashing/hash-bytes.ts';
import type { TransferDeps } from '../transfer/transfer-deps.ts';
import { streamFile } from './stream-file.ts';

const MIB = 1_048_576;

async function worldWith(bytes: Uint8Array) {
  const world = fakeWorld();
  const { records, fingerprint } = await hashBytes(bytes, world.ambient);
  const { id } = world.server.add(bytes, records, fingerprint);
  return { ...world, file: (await world.deps.api.downloads.detail(id)).file };
}

async function linkTo({ api }: TransferDeps, { id }: File): Promise<DownloadUrl> {
  const [link] = await api.downloads.urls([id]);
  assert.ok(link !== undefined && 'downloadUrl' in link);
  return link;
}

describe('streaming a file', () => {
  for (const size of [0, 1, 8 * MIB, 8 * MIB + 1, 45 * MIB + 7]) {
    test(`${size} bytes come in order`, async () => {
      const bytes = noise(size);
      const { deps, file } = await worldWith(bytes);
      const pieces: Uint8Array[] = [];
      for await (const piece of streamFile(deps, file)) pieces.push(piece);
      assertSameBytes(Buffer.concat(pieces), bytes);
    });
  }

  test('a small file by a link that is there already costs no call', async () => {
    const bytes = noise(5_000);
    const { deps, file, transport } = await worldWith(bytes);
    const link = await linkTo(deps, file);
    const sent: (boolean | undefined)[] = [];
    transport.intercept = ({ withCookies }) => {
      sent.push(withCookies);
      return null;
    };
    const read = async (needsCookies?: true) => {
      const given = needsCookies === undefined ? link : { ...link, needsCookies };
      const pieces: Uint8Array[] = [];
      for await (const piece of streamFile(deps, file, { link: given })) pieces.push(piece);
      assertSameBytes(Buffer.concat(pieces), bytes);
    };
    await read();
    await read(true);
    assert.deepEqual(sent, [undefined, true]);
    // What is refused is asked for anew, signed.
    let isFirst = true;
    transport.intercept = ({ withCookies }) => {
      sent.push(withCookies);
      if (!isFirst) return null;
      isFirst = false;
      return { status: 403 };
    };
    await read(true);
    assert.deepEqual(sent.slice(2), [true, undefined, undefined]);
  });

  test('where a browser may not show what cookies open, the next try is signed', async () => {
    const bytes = noise(5_000);
    const { deps, file, transport, ambient } = await worldWith(bytes);
    const link = await linkTo(deps, file);
    const sent: (boolean | undefined)[] = [];
    transport.intercept = ({ withCookies }) => {
      sent.push(withCookies);
      if (withCookies) throw new ClientError('unreachable');
      return null;
    };
    const stream = streamFile(deps, file, { link: { ...link, needsCookies: true } });
    assertSameBytes((await stream.next()).value ?? noise(0), bytes);
    assert.deepEqual(sent, [true, undefined, undefined]);
    assert.deepEqual(ambient.pauses, []);
  });

  test('a file that was replaced meanwhile is refused', async () => {
    const { deps, file } = await worldWith(noise(100));
    await assert.rejects(streamFile(deps, { ...file, version: file.version + 1 }).next(), (error) =>
      isClientError(error, 'content-changed'),
    );
  });

  test('so is one whose link leads to its next version', async () => {
    const { deps, file, server, ambient } = await worldWith(noise(5_000));
    const next = noise(6_000);
    server.replace(file.id, next, await hashBytes(next, ambient));
    const link = await linkTo(deps, file);
    await assert.rejects(streamFile(deps, file, { link }).next(), (error) =>
      isClientError(error, 'content-changed'),
    );
  });

  test('damage stays damage where the version is the same', async () => {
    const { deps, file, transport } = await worldWith(noise(5_000));
    const link = await linkTo(deps, file);
    transport.intercept = ({ url }) =>
      url === link.downloadUrl ? { status: 200, body: noise(5_000, 'other') } : null;
    await assert.rejects(streamFile(deps, file, { link }).next(), (error) =>
      isClientError(error, 'content-corrupt'),
    );
  });

  test('who stops reading stops the fetching', async () => {
    const { deps, file, transport } = await worldWith(noise(90 * MIB));
    for await (const piece of streamFile(deps, file)) {
      assert.ok(piece.length > 0);
      break;
    }
    const gets = transport.log.filter((line) => line.includes('store.test'));
    assert.ok(gets.length < 8, `${gets.length} ranges were asked for`);
  });
});
