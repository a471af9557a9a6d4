import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { IgnoreRules } from './ignore-rules.ts';

/** Each is a file of patterns. */
const PATTERNS = [
  ...[
    '*.log',
    '*.log\n!keep.log',
    '*.LOG',
    'foo',
    'Foo',
    'foo/',
    '/foo',
    'dir/',
    'dir/*\n!dir/foo',
  ],
  ...[
    '**/foo',
    'dir/**',
    'dir/**/',
    '/**',
    '/**\n!*/',
    '**',
    '*\n!*/\n!*.c',
    'dir/**/foo',
    '*/foo',
  ],
  ...[
    '[ab].c',
    '[!ab].c',
    '[^ab].c',
    '[]x].c',
    '[!]x].c',
    '[a-c].c',
    '[c-a].c',
    '[a\\-z].c',
    '[-a].c',
  ],
  ...['[[:digit:]]*', '[[:alpha:]].c', '[![:alnum:]]*', '[a', '[\\]x].c', '[[]x', 'dir[/]foo'],
  ...['#no', '\\#yes', '!', '\\!yes', 'end ', 'end\\ ', 'tab\t', ' lead', '\uFEFF*.c', '\uFEFF#no'],
  ...[
    'a?c',
    'a\\*c',
    'a+c',
    '{a,b}.c',
    '(a)',
    '*.c\r\n!a.c\r',
    '!dir/\ndir/',
    'foo/*\n!foo/b.c',
    '',
  ],
];
const PATHS = [
  ...[
    'a.log',
    'keep.log',
    'A.LOG',
    'foo',
    'Foo/x',
    'dir/foo',
    'dir/sub/foo',
    'dir/sub/b.c',
    'deep/dir/a.c',
  ],
  ...[
    'a.c',
    'b.c',
    'x.c',
    'z.c',
    '].c',
    '-.c',
    '\\.c',
    '^.c',
    '!.c',
    '1',
    '1a',
    '[a',
    '[x',
    '#no',
    '#yes',
  ],
  ...[
    '!',
    '!yes',
    'end',
    'end ',
    'tab',
    'tab\t',
    ' lead',
    'lead',
    'abc',
    'a*c',
    'a+c',
    '{a,b}.c',
    '(a)',
  ],
];

let root: string;
before(() => {
  root = mkdtempSync(join(tmpdir(), 'valise-ignore-'));
  for (const [index, patterns] of PATTERNS.entries()) {
    for (const path of PATHS) {
      const at = join(root, `${index}`, path);
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, '');
    }
    for (const name of ['.gitignore', '.valiseignore']) {
      writeFileSync(join(root, `${index}`, name), patterns);
    }
  }
});
after(() => rmSync(root, { recursive: true }));

test('what is ignored is what Git ignores', (t) => {
  if (process.env.CI === undefined && spawnSync('git', ['--version']).error !== undefined) {
    return t.skip('needs Git');
  }
  const git = (...args: readonly string[]) => ['-C', root, '-c', 'core.excludesFile=', ...args];
  execFileSync('git', git('init', '-q'));
  const all = PATTERNS.flatMap((_, index) => PATHS.map((path) => `${index}/${path}`));
  const { stdout } = spawnSync('git', git('check-ignore', '--no-index', '-z', '--stdin'), {
    input: all.join('\0'),
    encoding: 'utf8',
  });
  const theirs = new Set(stdout.split('\0'));
  const rules = new IgnoreRules(root);
  const ours = new Set(all.filter((path) => rules.isIgnored(path, false)));
  assert.deepEqual(named(ours.difference(theirs)), [], 'Git takes them');
  assert.deepEqual(
    named(theirs.difference(ours).difference(new Set(['']))),
    [],
    'Git ignores them',
  );
  assert.ok(ours.size > 200);
});

test('a character is one to a bracket and to a question mark, however it is encoded', () => {
  writeFileSync(join(root, '.valiseignore'), '?.txt\n[!a].md');
  const rules = new IgnoreRules(root);
  assert.deepEqual(
    ['é.txt', 'éé.txt', 'é.md', 'a.md'].map((path) => rules.isIgnored(path, false)),
    [true, false, true, false],
  );
});

/** With the patterns, so that a difference tells what it is about. */
function named(paths: ReadonlySet<string>): string[] {
  return [...paths].map((path) => {
    const [index = '', ...names] = path.split('/');
    return `${JSON.stringify(PATTERNS[Number(index)])} ${names.join('/')}`;
  });
}
