import assert from 'node:assert/strict';
import { test } from 'node:test';
import { windowsNameFault } from './windows-names.ts';

test('names that Windows can’t hold', () => {
  const characters = ['a:b', 'a?', 'a*b', '"a"', '<a>', 'a|b', 'a\\b'];
  const devices = ['CON', 'con', 'Nul.txt', 'aux.tar.gz', 'COM1', 'lpt9.x', 'com¹', 'CON .txt'];
  const ends = ['a.', 'a ', 'a. ', '...'];
  for (const name of [...characters, ...devices, ...ends]) {
    assert.notEqual(windowsNameFault(name), null, name);
  }
});

test('names that only look so', () => {
  const names = ['console', 'con1', 'COM', 'a.con', 'nul-1.txt', '.a', ' a', 'a b', 'é', "it's #1"];
  for (const name of names) assert.equal(windowsNameFault(name), null, name);
});
