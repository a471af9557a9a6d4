import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transportFailure } from './transport-failure.ts';

const request = { method: 'GET', url: 'https://files.example.org/x', headers: {} } as const;

test('a certificate that is not trusted is told as such, with what to do', () => {
  const failed = (code: string) =>
    String(transportFailure(Object.assign(new Error('failed'), { code }), request));
  for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']) {
    assert.match(failed(code), /certificate is not trusted.*NODE_EXTRA_CA_CERTS/);
  }
  assert.doesNotMatch(failed('ECONNREFUSED'), /certificate/);
});
