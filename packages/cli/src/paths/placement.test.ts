import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DestinationKind, placeCopy, type Source, sourceName } from './placement.ts';

const FILE: Source = { name: 'a.txt', kind: 'file' };
const FOLDER: Source = { name: 'photos', kind: 'folder' };
const NAMELESS: Source = { name: null, kind: 'folder' };

const CASES: readonly [number, Source, DestinationKind, string][] = [
  [1, FILE, 'folder', 'into a.txt'],
  [1, FILE, 'missing', 'as'],
  [1, FILE, 'file', 'as'],
  [1, FOLDER, 'folder', 'into photos'],
  [1, FOLDER, 'missing', 'as'],
  [1, FOLDER, 'file', 'refused'],
  [1, NAMELESS, 'folder', 'as'],
  [1, NAMELESS, 'missing', 'as'],
  [2, FILE, 'folder', 'into a.txt'],
  [2, FILE, 'missing', 'refused'],
  [2, FILE, 'file', 'refused'],
  [2, FOLDER, 'folder', 'into photos'],
];

for (const [sources, source, dest, expected] of CASES) {
  test(`${sources} source(s), ${source.kind} ${source.name ?? '.'} onto ${dest}: ${expected}`, () => {
    const placed = placeCopy(sources, source, dest);
    assert.equal(placed.kind === 'into' ? `into ${placed.name}` : placed.kind, expected);
  });
}

const NAMES: readonly [string, string | null][] = [
  ['a.txt', 'a.txt'],
  ['/tmp/photos/', 'photos'],
  ['/tmp/photos//', 'photos'],
  ['photos/.', null],
  ['.', null],
  ['..', null],
  ['a/..', null],
  ['/', null],
  ['-x', '-x'],
  ['.hidden', '.hidden'],
];

for (const [path, name] of NAMES) {
  test(`the copy of ${path} is named ${name ?? 'by its target'}`, () => {
    assert.equal(sourceName(path), name);
  });
}
