import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const SCRIPT = join(import.meta.dirname, 'check-layers.ts');
const EXPORTS = {
  'packages/core/package.json': '{"exports": {"./ids": "./src/ids/index.ts"}}',
  'packages/client/package.json': '{"exports": {".": "./src/index.ts"}}',
};

function check(sources: Readonly<Record<string, string>>) {
  const root = mkdtempSync(join(tmpdir(), 'valise-layers-'));
  try {
    for (const [path, text] of Object.entries({ ...EXPORTS, ...sources })) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, root], { encoding: 'utf8' });
    return { status, stderr };
  } finally {
    rmSync(root, { recursive: true });
  }
}

const FAULTS: readonly [name: string, path: string, text: string, said: RegExp][] = [
  [
    'an import against the direction',
    'packages/core/src/a.ts',
    "import type { X } from '@valise/client';",
    /core may not import @valise\/client: core is what both sides share/,
  ],
  [
    'an import of what people start',
    'packages/client/src/a.ts',
    "const x = await import('@valise/server');",
    /client may not import @valise\/server/,
  ],
  [
    'a deep import',
    'packages/client/src/a.ts',
    "import {\n  a,\n  b,\n} from '@valise/core/ids/uuid';",
    /not exported by core/,
  ],
  [
    'a relative import of another package',
    'packages/client/src/a.ts',
    "export { a } from '../../core/src/a.ts';",
    /leaves the package/,
  ],
  ["Node's modules in the core", 'packages/core/src/a.ts', "import 'node:fs';", /browsers/],
  ['the clock in the core', 'packages/core/src/a.ts', 'f(new Date());', /line 1: core is pure/],
  ['a Buffer in the client', 'packages/client/src/a.ts', '\nBuffer.from([]);', /line 2/],
  ['stray variables', 'packages/server/src/files/a.ts', 'f(process.env.HOME);', /one place/],
  ['files in a feature', 'packages/server/src/files/a.ts', "import 'node:fs/promises';", /machine/],
];

for (const [name, path, text, said] of FAULTS) {
  test(`refuses ${name}`, () => {
    const { status, stderr } = check({ [path]: text });
    assert.equal(status, 1);
    assert.match(stderr, said);
    assert.ok(stderr.startsWith(`${path}: `));
  });
}

test('refuses an import cycle', () => {
  const { status, stderr } = check({
    'packages/core/src/a.ts': "import './b.ts';",
    'packages/core/src/b.ts': "import './c.ts';",
    'packages/core/src/c.ts': "export * from './a.ts';",
  });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /src\/a\.ts → packages\/core\/src\/b\.ts → .*c\.ts → packages\/core\/src\/a/,
  );
});

test('accepts what is allowed, and what only looks like a fault', () => {
  const { status, stderr } = check({
    'packages/core/src/ids/index.ts':
      "// import 'node:fs' would be wrong\nexport const a = 'Date.now';",
    'packages/core/src/a.test.ts': "import 'node:test'; Date.now();",
    'packages/client/src/index.ts': "import { a } from '@valise/core/ids';\nf(a, new Date(0));",
    'packages/server/src/config/environment.ts': "import 'node:fs'; f(process.env);",
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});
