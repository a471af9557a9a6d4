import type { SourceFile } from './source-file.ts';

/**
 * Who may import whom. Everything points at `core`; what people start (`server`, `cli`, `objects`)
 * is imported by nobody, so it can change freely.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  client: ['core'],
  'client-node': ['core', 'client'],
  sync: ['core', 'client', 'client-node'],
  cli: ['core', 'client', 'client-node', 'sync'],
  web: ['core', 'client'],
  server: ['core'],
  objects: ['core'],
  edge: ['core'],
  acceptance: [],
  // Its largest files exist on no disk: a generated source is put in through the client's API. And
  // chunking is held against hashing alone, without a file.
  bench: ['acceptance', 'core', 'client', 'client-node'],
  scripts: [],
};

const REASONS: Readonly<Record<string, string>> = {
  core: 'core is what both sides share; it stands on nothing of ours',
  client: 'the client knows the contract, not the server or the platform',
  server:
    'the server shares the contract with clients, and starts the object store by its path alone',
  objects: 'the object store must be replaceable by any S3 store',
  acceptance: 'acceptance tests speak HTTP and the command line, or they prove nothing about them',
  bench: 'benchmarks measure what people use: HTTP and the command line',
};

/** What `package.json` says under `exports`, by package: `['./errors', './ids']`. */
export type Exports = Readonly<Record<string, readonly string[]>>;

/** Checks the imports between packages. Answers one sentence per fault. */
export function checkPackages(file: SourceFile, exports: Exports): string[] {
  return file.imports.flatMap((specifier) => {
    if (specifier.startsWith('.')) return checkRelative(file, specifier);
    if (specifier.startsWith('@valise/')) return checkOwn(file, specifier, exports);
    return [];
  });
}

function checkRelative(file: SourceFile, specifier: string): string[] {
  const target = resolveRelative(file.path, specifier);
  const root = file.path.startsWith('packages/') ? `packages/${file.room}/` : `${file.room}/`;
  if (target.startsWith(root)) return [];
  return [`${specifier} leaves the package: import other packages by name, through their exports.`];
}

function checkOwn(file: SourceFile, specifier: string, exports: Exports): string[] {
  const [, room = '', ...rest] = specifier.split('/');
  const subpath = ['.', ...rest].join('/');
  if (room !== file.room && !MAY_IMPORT[file.room]?.includes(room)) {
    const reason = REASONS[file.room] ?? 'dependencies point one way';
    return [`${file.room} may not import ${specifier}: ${reason}.`];
  }
  if (exports[room]?.some((pattern) => matches(pattern, subpath))) return [];
  return [`${specifier} is not exported by ${room}: what a package doesn't offer may change.`];
}

function matches(pattern: string, subpath: string): boolean {
  const [before = '', after] = pattern.split('*');
  return after === undefined
    ? pattern === subpath
    : subpath.startsWith(before) && subpath.endsWith(after);
}

/** `packages/a/src/b/c.ts` and `../d.ts` give `packages/a/src/d.ts`. */
export function resolveRelative(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
