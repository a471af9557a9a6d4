import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type LocalEntry, walkLocal } from './local-tree.ts';

describe('walking a local tree', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'valise-walk-'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  async function walk(path: string): Promise<LocalEntry[]> {
    const entries: LocalEntry[] = [];
    for await (const entry of walkLocal(path, AbortSignal.timeout(10_000))) entries.push(entry);
    return entries;
  }
  async function lines(path: string): Promise<string[]> {
    const entries = await walk(path);
    return entries.map((entry) =>
      entry.kind === 'refused' ? 'refused' : `${entry.kind} ${entry.names.join('/')}`,
    );
  }

  test('folders come before their content, links are not followed, a link loop ends', async () => {
    const tree = join(root, 'tree');
    mkdirSync(join(tree, 'b', '-c'), { recursive: true });
    writeFileSync(join(tree, 'b', '-c', 'deep'), 'x');
    writeFileSync(join(tree, 'a tool'), 'x');
    chmodSync(join(tree, 'a tool'), 0o755);
    symlinkSync('..', join(tree, 'b', 'loop'));
    assert.deepEqual(await lines(`${tree}/`), [
      'folder ',
      'file a tool',
      'folder b',
      'folder b/-c',
      'file b/-c/deep',
      'symlink b/loop',
    ]);
    const [, tool] = await walk(tree);
    assert.ok(tool?.kind === 'file' && tool.executable && tool.size === 1);
  });

  test('what cannot be stored is refused, and the walk goes on', async () => {
    const tree = join(root, 'odd');
    mkdirSync(tree);
    execFileSync('mkfifo', [join(tree, 'a pipe')]);
    writeFileSync(join(tree, 'line\nbreak'), '');
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/latin-`), Buffer.from([0xe9])]), '');
    writeFileSync(join(tree, 'zz'), '');
    const refused = (await walk(tree)).flatMap((entry) =>
      entry.kind === 'refused' ? [entry.failure.code] : [],
    );
    assert.deepEqual(refused, ['unsupported-kind', 'local-name', 'invalid-name']);
    assert.ok((await lines(tree)).includes('file zz'));
  });

  test('of names that differ only in case or normalisation the first goes', async () => {
    const tree = join(root, 'twins');
    mkdirSync(tree);
    for (const name of ['README', 'readme', 'e\u0301', '\u00e9'])
      writeFileSync(join(tree, name), '');
    assert.deepEqual(await lines(tree), [
      'folder ',
      'file README',
      'file \u00e9',
      'refused',
      'refused',
    ]);
  });

  test('a missing start is refused by name', async () => {
    const [entry] = await walk(join(root, 'none'));
    assert.ok(entry?.kind === 'refused' && entry.failure.code === 'local-file');
    assert.match(entry.failure.detail, /none/);
  });
});
