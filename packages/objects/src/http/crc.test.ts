import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checksumAlgorithms } from './checksum.ts';
import { Crc32c, Crc64Nvme } from './crc.ts';
import { combineCrcs } from './crc-combine.ts';

const check = Buffer.from('123456789');
const hexOf = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');

describe('CRCs', () => {
  // The check values of the catalogue of parametrised CRC algorithms.
  for (const [name, create, expected] of [
    ['CRC-32C', () => new Crc32c(), 'e3069283'],
    ['CRC-64/NVME', () => new Crc64Nvme(), 'ae8b14860a799888'],
  ] as const) {
    it(`${name} has its catalogued check value, in one piece and in two`, () => {
      const whole = create();
      whole.update(check);
      assert.equal(hexOf(whole.result()), expected);
      const halves = create();
      halves.update(check.subarray(0, 4));
      halves.update(check.subarray(4));
      assert.equal(hexOf(halves.result()), expected);
    });
  }

  for (const name of ['crc32', 'crc32c', 'crc64nvme'] as const) {
    it(`${name} of joined content follows from those of its pieces`, () => {
      const crcOf = (bytes: Uint8Array): string => {
        const digest = checksumAlgorithms[name].create();
        digest.update(Buffer.from(bytes));
        return digest.result();
      };
      fc.assert(
        fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1 }), (pieces) => {
          const parts = pieces.map((bytes) => ({ crc: crcOf(bytes), size: bytes.length }));
          assert.equal(combineCrcs(name, parts), crcOf(Buffer.concat(pieces)));
        }),
      );
    });
  }
});
