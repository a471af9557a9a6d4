import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CliOptions, lines, valise } from './harness/cli.ts';
import { pseudoRandom } from './harness/content.ts';

const MiB = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes);

/** The specification's golden vector "random, 4 MiB and 3 bytes". */
const GOLDEN = {
  seed: 3,
  size: 4_194_307,
  fingerprint: 'v1:aabe5be2a9d9d64c1ee3a01c38c62d47c9681a08ce2f405a833e7034c3ffc1c9',
};

describe('hash and plan, without a server and without a login', () => {
  let home: string;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'valise-hash-'));
  });
  after(() => rm(home, { recursive: true, force: true }));

  function run(args: string[], extra: Partial<CliOptions> = {}) {
    return valise(args, { home, ...extra });
  }

  async function write(name: string, ...parts: readonly Uint8Array[]): Promise<void> {
    await writeFile(join(home, name), Buffer.concat(parts));
  }

  test('hash prints what the specification says', async () => {
    await write('golden', randomWords(GOLDEN.seed, GOLDEN.size));
    await write('empty');
    const result = await run(['hash', 'golden', 'empty']);
    assert.equal(result.code, 0, result.stderr);
    const nothing = `v1:${sha256(Buffer.alloc(0)).digest('hex')}`;
    assert.equal(result.stdout, `${GOLDEN.fingerprint}  golden\n${nothing}  empty\n`);
  });

  test('hash --chunks lists pieces that add up, the same on any number of threads', async () => {
    const content = pseudoRandom('chunks', 40 * MiB + 11);
    await write('large', content);
    const outputs = [];
    for (const threads of ['1', '2', '3']) {
      const result = await run(['hash', '--json', '--chunks', '--threads', threads, 'large']);
      assert.equal(result.code, 0, result.stderr);
      outputs.push(result.stdout);
    }
    assert.equal(new Set(outputs).size, 1);
    const result = await run(['hash', '--json', '--chunks', 'large']);
    const chunks = lines(result).filter(({ type }) => type === 'chunk');
    const whole = sha256(Buffer.alloc(0));
    let end = 0;
    for (const { offset, size, id } of chunks) {
      assert.equal(offset, end);
      end += size;
      const digest = sha256(content.subarray(offset, end)).digest();
      assert.equal(id, `sha256:${digest.toString('hex')}`);
      whole.update(digest);
    }
    const expected = { size: content.length, fingerprint: `v1:${whole.digest('hex')}` };
    const last = lines(result).at(-1);
    assert.deepEqual(last, { type: 'hash', path: 'large', ...expected, chunks: chunks.length });
  });

  test('hash reads standard input, and tells of files that are none', async () => {
    const input = 'hello\n'.repeat(100_000);
    await write('text', Buffer.from(input));
    const [piped, named] = [await run(['hash', '-'], { input }), await run(['hash', 'text'])];
    assert.equal(piped.code, 0, piped.stderr);
    assert.equal(piped.stdout.split(' ')[0], named.stdout.split(' ')[0]);
    const mixed = await run(['hash', 'text', 'missing', '.']);
    assert.equal(mixed.code, 4);
    assert.match(mixed.stderr, /missing: no such file[\s\S]*not a file/);
    assert.equal((await run(['hash', 'missing'])).code, 1);
    assert.equal((await run(['hash', '--threads', 'none', 'text'])).code, 2);
  });

  test('plan tells what an insertion ships, and of what the new object is made', async () => {
    const old = pseudoRandom('plan', 40 * MiB);
    const [head, tail] = [old.subarray(0, 20 * MiB), old.subarray(20 * MiB)];
    await write('old', old);
    await write('new', head, Buffer.from('inserted'), tail);
    const [plan] = lines(await run(['plan', '--json', 'old', 'new']));
    assert.equal(plan.type, 'plan');
    assert.equal(plan.why, 'assembled');
    assert.equal(plan.size, old.length + 8);
    assert.ok(plan.changedBytes > 0 && plan.changedBytes < 2 * MiB, `${plan.changedBytes}`);
    assert.equal(plan.uploadBytes, plan.changedBytes);
    const parts = lines(await run(['plan', '--json', '--parts', 'old', 'new']));
    const ofFile = parts.filter(({ type, of }) => type === 'part' && of === 'file');
    assert.equal(ofFile.length, plan.parts);
    assert.equal(
      ofFile.reduce((sum, { size }) => sum + size, 0),
      plan.size,
    );
    const told = await run(['plan', 'old', 'new']);
    assert.match(told.stdout, /changed: \d of \d+ chunks/);
    const [plain] = lines(await run(['plan', '--json', '--store', 'plain', 'old', 'new']));
    assert.deepEqual([plain.why, plain.uploadBytes], ['cannot-compose', plan.size]);
  });

  test('plan knows the same content, the empty one and a small one', async () => {
    await write('small', Buffer.from('small'));
    await write('other', Buffer.from('other'));
    await write('nothing');
    const reason = async (...files: string[]) =>
      lines(await run(['plan', '--json', ...files])).map(({ why, uploadBytes }) => [
        why,
        uploadBytes,
      ]);
    assert.deepEqual(await reason('small', 'small'), [['same-content', 0]]);
    assert.deepEqual(await reason('small', 'nothing'), [['empty', 0]]);
    assert.deepEqual(await reason('other', 'small'), [['small-file', 5]]);
    assert.equal((await run(['plan', 'small'])).code, 2);
    assert.equal((await run(['plan', 'small', 'missing'])).code, 1);
  });
});

/** Content "random" of the specification. */
function randomWords(seed: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let at = 0; at < size; at++) {
    if (at % 4 === 0) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
    }
    bytes[at] = state >>> (8 * (at % 4));
  }
  return bytes;
}
