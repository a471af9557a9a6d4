import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Api, assertSameBytes, download, upload } from './harness/api.ts';
import { lines, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';
import { TestServer } from './harness/server.ts';
import { skipUnlessEmbedded } from './harness/store.ts';

/** The embedded store of a data folder, as another installation would be told of it. */
async function storeOf({ data }: TestServer): Promise<Record<string, string>> {
  const text = await readFile(join(data, 'objects', 'credentials.json'), 'utf8');
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = JSON.parse(text);
  return {
    S3_ENDPOINT: endpoint,
    S3_REGION: region,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY_ID: accessKeyId,
    S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
}

describe('two installations in one bucket', { skip: skipUnlessEmbedded }, () => {
  test('reconciling the one frees nothing of the other', async () => {
    await using one = await TestServer.start();
    await using two = await TestServer.start({ env: await storeOf(one) });
    const home = await mkdtemp(join(tmpdir(), 'valise-shared-bucket-'));
    try {
      const [ann, eve] = [new Api(one.url), new Api(two.url)];
      const [asAnn, asEve] = [ann.as(await ann.register()), eve.as(await eve.register())];
      const content = pseudoRandom('shared', 3000);
      const hers = await upload(asAnn, { name: 'hers', content });
      const theirs = await upload(asEve, { name: 'theirs', content });
      const args = ['admin', 'reconcile', '--json', '--free', '--accept-deletes'];
      for (const { env } of [one, two]) {
        const result = await valise([...args, '--older-than', '0s'], { home, env });
        assert.equal(result.code, 0, result.stderr);
        const [sum, ...more] = lines(result);
        assert.deepEqual(more, []);
        const { type, strays, freed, foreign, installations } = sum ?? {};
        assert.deepEqual(
          { type, strays, freed, foreign, installations },
          { type: 'reconciled', strays: 0, freed: 0, foreign: 1, installations: 2 },
        );
      }
      assertSameBytes(await download(asAnn, hers.id), content);
      assertSameBytes(await download(asEve, theirs.id), content);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
