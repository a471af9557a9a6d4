import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeChunked } from './chunked-body.ts';
import { SigningKeys, scopeText, sha256Hex } from './signing-key.ts';

// The example of the S3 documentation: 64 KiB and 1 KiB of the letter a.
const keys = new SigningKeys('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
const seed = {
  signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  timestamp: '20130524T000000Z',
  scope: { date: '20130524', region: 'us-east-1' },
};
const signatures = [
  'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
];

function example(content = 'a'): Buffer {
  const chunk = (size: number, signature: string | undefined): string =>
    `${size.toString(16)};chunk-signature=${signature}\r\n${content.repeat(size)}\r\n`;
  const sizes = [65_536, 1_024, 0];
  return Buffer.from(sizes.map((size, i) => chunk(size, signatures[i])).join(''));
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decode(
  bytes: Buffer,
  options: { piece?: number; signed?: boolean; hasTrailer?: boolean } = {},
) {
  const { piece = 1_000, signed = true, hasTrailer = false } = options;
  const trailers = new Map<string, string>();
  const signing = signed ? { keys, seed } : null;
  const pieces: Buffer[] = [];
  for await (const part of decodeChunked(inPieces(bytes, piece), {
    signing,
    hasTrailer,
    trailers,
  })) {
    pieces.push(part);
  }
  return { content: Buffer.concat(pieces), trailers };
}

describe('a body in signed chunks', () => {
  it('is decoded and verified, however it arrives', async () => {
    for (const piece of [7, 1_000, 100_000]) {
      const { content } = await decode(example(), { piece });
      assert.equal(content.toString(), 'a'.repeat(66_560));
    }
  });

  it('is refused when altered, cut or continued', async () => {
    await assert.rejects(decode(example('b')), { code: 'SignatureDoesNotMatch' });
    await assert.rejects(decode(example().subarray(0, -10)), { code: 'IncompleteBody' });
    // The last chunk is missing: without it nothing says that this is the whole.
    await assert.rejects(decode(example().subarray(0, -89)), { code: 'IncompleteBody' });
    const continued = Buffer.concat([example(), Buffer.from('x')]);
    await assert.rejects(decode(continued, { piece: 100_000 }), { code: 'IncompleteBody' });
  });

  it('may end with a signed trailer', async () => {
    const previous = signatures[2] ?? '';
    const field = 'x-amz-checksum-crc32:AAAAAA==';
    const signature = keys.sign(
      seed.scope,
      [
        'AWS4-HMAC-SHA256-TRAILER',
        seed.timestamp,
        scopeText(seed.scope),
        previous,
        sha256Hex(`${field}\n`),
      ].join('\n'),
    );
    const end = (text: string) =>
      Buffer.concat([
        example().subarray(0, -2),
        Buffer.from(`${text}\r\nx-amz-trailer-signature:${signature}\r\n\r\n`),
      ]);
    const { trailers } = await decode(end(field), { hasTrailer: true });
    assert.equal(trailers.get('x-amz-checksum-crc32'), 'AAAAAA==');
    const forged = end(field.replace('AAAA', 'AAAB'));
    await assert.rejects(decode(forged, { hasTrailer: true }), { code: 'SignatureDoesNotMatch' });
    await assert.rejects(decode(end(field)), { code: 'MalformedTrailerError' });
  });
});

describe('a body in unsigned chunks', () => {
  it('decodes to what went in, for any cut', async () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk), fc.integer({ min: 1, max: 64 }), async (chunks, piece) => {
        const encoded = chunks.flatMap((bytes) => [
          Buffer.from(`${bytes.length.toString(16)}\r\n`),
          Buffer.from(bytes),
          Buffer.from('\r\n'),
        ]);
        const body = Buffer.concat([...encoded, Buffer.from('0\r\na:b\r\n\r\n')]);
        const { content, trailers } = await decode(body, {
          piece,
          signed: false,
          hasTrailer: true,
        });
        assert.deepEqual(content, Buffer.concat(chunks));
        assert.equal(trailers.get('a'), 'b');
      }),
    );
  });
});
