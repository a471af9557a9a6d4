import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { createSigV4, encodePath, UNSIGNED_PAYLOAD } from './sigv4.ts';

const OWN = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
]);

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
/** A URL can't hold `.` or `..` segments: the SDK's URL type would resolve them. */
const key = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .map((raw) => `v1/${raw.replace(/[./\\\t\r\n]/g, '_')}`);
const secrets = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Z0-9]{4,20}$/),
  secretAccessKey: fc.string({ minLength: 1, maxLength: 60 }),
  sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{10,200}$/), { nil: undefined }),
});

test('presigned queries equal those of the AWS SDK', async () => {
  const cases = fc.record({ key, secrets, text, kind: fc.constantFrom('get', 'put', 'part') });
  await fc.assert(
    fc.asyncProperty(cases, async ({ key, secrets, text, kind }) => {
      const { sessionToken, ...keys } = secrets;
      const client = new S3Client({
        region: 'eu-west-9',
        endpoint: 'http://store.test:9000',
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        credentials: sessionToken === undefined ? keys : { ...keys, sessionToken },
      });
      const at = { Bucket: 'bucket', Key: key };
      const command =
        kind === 'get'
          ? new GetObjectCommand({ ...at, ResponseContentDisposition: text })
          : kind === 'put'
            ? new PutObjectCommand({ ...at, ContentLength: 77, IfNoneMatch: '*' })
            : new UploadPartCommand({ ...at, UploadId: text, PartNumber: 7, ContentLength: 77 });
      const now = new Date('2026-11-22T10:11:12.345Z');
      const unhoistableHeaders = new Set(['if-none-match', 'content-length']);
      const theirs = new URL(
        // biome-ignore lint/suspicious/noExplicitAny: the SDK's command types don't unite
        await getSignedUrl(client, command as any, {
          expiresIn: 900,
          signingDate: now,
          unhoistableHeaders,
          signableHeaders: new Set(['host', 'if-none-match', 'content-length']),
        }),
      );
      const signed = theirs.searchParams.get('X-Amz-SignedHeaders')?.split(';') ?? [];
      const headers: Record<string, string> = {};
      if (signed.includes('content-length')) headers['content-length'] = '77';
      if (signed.includes('if-none-match')) headers['if-none-match'] = '*';
      assert.equal(signed.length, Object.keys(headers).length + 1);
      const query = Object.fromEntries([...theirs.searchParams].filter(([name]) => !OWN.has(name)));
      const ours = createSigV4(secrets, 'eu-west-9').presign(
        {
          method: kind === 'get' ? 'GET' : 'PUT',
          host: 'store.test:9000',
          path: `/bucket/${encodePath(key)}`,
          query,
          headers,
          payloadHash: UNSIGNED_PAYLOAD,
        },
        { now, expiresSeconds: 900 },
      );
      assert.deepEqual(
        Object.fromEntries(new URLSearchParams(ours)),
        Object.fromEntries(theirs.searchParams),
      );
      client.destroy();
    }),
    { numRuns: 150 },
  );
});

test('a day’s signing key is not used on the next day', () => {
  const sigv4 = createSigV4({ accessKeyId: 'A', secretAccessKey: 'S' }, 'r');
  const request = { method: 'GET', host: 'h', path: '/b/k', payloadHash: UNSIGNED_PAYLOAD };
  const sign = (signer: typeof sigv4, day: string) =>
    signer.presign(request, { now: new Date(`${day}T00:00:00Z`), expiresSeconds: 60 });
  sign(sigv4, '2026-01-01');
  const fresh = createSigV4({ accessKeyId: 'A', secretAccessKey: 'S' }, 'r');
  assert.equal(sign(sigv4, '2026-01-02'), sign(fresh, '2026-01-02'));
});
