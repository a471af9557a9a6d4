import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Storage } from '../storage/create-storage.ts';
import type { DownloadSigner } from './download-signer.ts';

/** A driver with who serves its links, in front of a real store. */
export interface DownloadRig {
  readonly storage: Storage;
  /** Signs as of the given moment. */
  signerAt(now: () => Date): DownloadSigner;
  /** What an expired link answers. */
  readonly expiredStatus: number;
}

const mimeType = 'text/x-plan';
const name = 'naïve "plan" 100% (1).txt';
const now = () => new Date();

/** What every driver's links promise. `rig` is asked for within tests alone. */
export function downloadSignerContract(title: string, rig: () => Promise<DownloadRig>): void {
  describe(`links of ${title}`, () => {
    async function stored(size: number) {
      const { storage, ...rest } = await rig();
      const key = `v1/abc/${randomUUID()}/0`;
      const body = randomBytes(size);
      const put = storage.uploads.putObject({ key, size, mimeType });
      const sent = await fetch(put.url, { method: put.method, headers: { ...put.headers }, body });
      assert.equal(sent.status, 200);
      const target = { key, name, mimeType, size };
      return { ...rest, key, body, target, url: rest.signerAt(now).sign(target).url };
    }

    test('serve the whole file under its name and type, to be saved and never run', async () => {
      const { url, body } = await stored(9_000_001);
      const got = await fetch(url);
      assert.equal(got.status, 200);
      assert.ok(Buffer.from(await got.arrayBuffer()).equals(body));
      assert.equal(got.headers.get('content-length'), '9000001');
      assert.equal(got.headers.get('content-type'), mimeType);
      const disposition = got.headers.get('content-disposition') ?? '';
      assert.match(disposition, /^attachment; filename="na_ve _plan_ 100_ \(1\).txt"; /);
      assert.match(
        disposition,
        /filename\*=UTF-8''na%C3%AFve%20%22plan%22%20100%25%20%281%29.txt$/,
      );
    });

    test('serve ranges, across whatever they are kept in', async () => {
      const { url, body } = await stored(9_000_001);
      for (const [from, to] of [
        [0, 0],
        [8_388_607, 8_388_608],
        [1_000, 8_500_000],
        [9_000_000, 9_000_000],
      ] as const) {
        const got = await fetch(url, { headers: { range: `bytes=${from}-${to}` } });
        assert.equal(got.status, 206);
        assert.equal(got.headers.get('content-range'), `bytes ${from}-${to}/9000001`);
        assert.ok(Buffer.from(await got.arrayBuffer()).equals(body.subarray(from, to + 1)));
      }
      const beyond = await fetch(url, { headers: { range: 'bytes=9000001-' } });
      assert.equal(beyond.status, 416);
    });

    test('serve a file again and again, empty ones too', async () => {
      for (const size of [0, 1, 70_000]) {
        const { url, body } = await stored(size);
        for (let time = 0; time < 3; time += 1) {
          const got = await fetch(url);
          assert.equal(got.status, 200);
          assert.ok(Buffer.from(await got.arrayBuffer()).equals(body));
        }
      }
    });

    test('live five minutes', async () => {
      const { target, signerAt, expiredStatus } = await stored(10);
      const early = new Date(Date.now() - 299_000);
      const { url: living, expiresAt } = signerAt(() => early).sign(target);
      assert.ok(Math.abs(expiresAt.getTime() - early.getTime() - 300_000) < 1_000);
      assert.equal((await fetch(living)).status, 200);
      const { url: over } = signerAt(() => new Date(Date.now() - 302_000)).sign(target);
      assert.equal((await fetch(over)).status, expiredStatus);
    });

    test('serve nothing once altered, nor another file', async () => {
      const { url, key } = await stored(10);
      const other = await stored(10);
      const altered = [
        url.replace(key, other.key),
        url.replace('plan', 'plam'),
        url.replace('x-plan', 'html'),
        `${url}&more=1`,
        url.slice(0, -4),
        url.replace(/\?.*/, ''),
      ];
      for (const one of altered) {
        assert.notEqual(one, url);
        assert.equal((await fetch(one)).status, 403, one);
      }
    });

    test('let any page read them', async () => {
      const { url } = await stored(10);
      const got = await fetch(url, { headers: { origin: 'https://valise.example.org' } });
      assert.ok(
        ['*', 'https://valise.example.org'].includes(
          got.headers.get('access-control-allow-origin') ?? '',
        ),
      );
      assert.match(got.headers.get('access-control-expose-headers') ?? '', /Content-Range/i);
    });
  });
}
