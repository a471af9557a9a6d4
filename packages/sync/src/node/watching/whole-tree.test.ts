import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FolderWatcher } from './folder-watcher.ts';
import { watchWholeTree } from './whole-tree.ts';

/** On Linux Node has such a watch, too, made of many. */
describe('one watch for a whole tree', () => {
  let root: string;
  let watcher: FolderWatcher;
  const hints: (readonly [folder: string | null, name: string | null])[] = [];
  const seen = async (folder: string | null, name: string | null) => {
    while (!hints.some((hint) => hint[0] === folder && hint[1] === name)) await sleep(5);
  };
  beforeEach(() => {
    hints.length = 0;
    root = mkdtempSync(join(tmpdir(), 'valise-watch-'));
    mkdirSync(join(root, '.valise'));
    mkdirSync(join(root, 'sub', 'deep'), { recursive: true });
    const onHint = (folder: string | null, name: string | null) => hints.push([folder, name]);
    watcher = watchWholeTree(root, onHint, { separator: '/' });
  });
  afterEach(() => {
    watcher.close();
    rmSync(root, { recursive: true, force: true });
  });

  test('names the folder in which something happened, at every depth', async () => {
    watcher.follow(new Set(), { hint: false });
    assert.deepEqual(hints, []);
    writeFileSync(join(root, 'a'), '1');
    await seen('', 'a');
    writeFileSync(join(root, 'sub', 'deep', 'b'), '1');
    await seen('sub/deep', 'b');
    assert.equal(watcher.isWhole, true);
  });

  test('says nothing of what the agent does in its own folder', async () => {
    watcher.follow(new Set(), { hint: false });
    writeFileSync(join(root, '.valise', 'own'), '1');
    writeFileSync(join(root, 'after'), '1');
    await seen('', 'after');
    assert.ok(!hints.some(([folder]) => folder === '.valise'));
  });

  test('begins once, and says to look everywhere if something may have gone unseen', () => {
    watcher.follow(new Set());
    watcher.follow(new Set(['sub']));
    assert.deepEqual(hints, [[null, null]]);
  });
});
