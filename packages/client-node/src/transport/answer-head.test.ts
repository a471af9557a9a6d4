import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseAnswerHead } from './answer-head.ts';

const LENGTH = 'Content-Length: 12';

describe('the head of an answer', () => {
  test('has a status, headers and the length of what follows', () => {
    const head = parseAnswerHead(
      ['HTTP/1.1 206 Partial Content', LENGTH, 'ETag:"x" ', 'X:'].join('\r\n'),
    );
    assert.deepEqual(head, {
      status: 206,
      headers: new Map([
        ['content-length', '12'],
        ['etag', '"x"'],
        ['x', ''],
      ]),
      length: 12,
      keepAlive: true,
    });
  });

  test('says when the connection ends with it', () => {
    const head = parseAnswerHead(['HTTP/1.1 200', LENGTH, 'Connection: Close'].join('\r\n'));
    assert.equal(head?.keepAlive, false);
  });

  for (const [what, lines] of Object.entries({
    'no length': ['HTTP/1.1 200 OK'],
    'a length that is none': ['HTTP/1.1 200 OK', 'Content-Length: 1e3'],
    'two lengths': ['HTTP/1.1 200 OK', LENGTH, LENGTH],
    chunks: ['HTTP/1.1 200 OK', LENGTH, 'Transfer-Encoding: chunked'],
    'an interim status': ['HTTP/1.1 103 Early Hints', LENGTH],
    'an older protocol': ['HTTP/1.0 200 OK', LENGTH],
    'a folded header': ['HTTP/1.1 200 OK', LENGTH, 'X: a', ' b'],
    'no HTTP': ['SSH-2.0-OpenSSH', LENGTH],
  })) {
    test(`leaves ${what} to others`, () => {
      assert.equal(parseAnswerHead(lines.join('\r\n')), null);
    });
  }
});
