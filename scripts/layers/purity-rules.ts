import type { SourceFile } from './source-file.ts';

interface Forbidden {
  readonly pattern: RegExp;
  readonly reason: string;
}

const PLATFORM = /\b(?:(?:Buffer|process|document)\.\w|__dirname\b|localStorage\b)/;

/** Identifiers that may not occur in a package's code. */
const FORBIDDEN: Readonly<Record<string, readonly Forbidden[]>> = {
  core: [
    { pattern: PLATFORM, reason: 'core runs on every platform' },
    {
      pattern:
        /\b(?:setTimeout|setInterval|fetch)\s*\(|\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b/,
      reason: 'core is pure: its callers supply time, randomness and I/O',
    },
  ],
  client: [{ pattern: PLATFORM, reason: 'the client runs in browsers, too' }],
};

/** Packages that must run without Node. */
const WITHOUT_NODE = new Set(['core', 'client', 'web']);

/** The one place per program where variables are read. */
const READS_ENVIRONMENT = [
  /^packages\/server\/src\/config\//,
  /^packages\/(?:objects|edge)\/src\/settings\//,
  /^packages\/cli\/src\/environment\.ts$/,
  /^packages\/cli\/src\/[\w-]+\/environment\.ts$/,
  /^(?:acceptance|bench|scripts)\//,
];

/** Where the server may touch files: the rest of it works for any machine's requests. */
const SERVER_FILES = /^packages\/server\/src\/(?:main\.ts|(?:config|run|db|http)\/)/;

/** Checks what a file uses of its platform. Answers one sentence per fault. */
export function checkPurity(file: SourceFile): string[] {
  if (file.isTest) return [];
  return [...checkImports(file), ...checkIdentifiers(file), ...checkEnvironment(file)];
}

function checkImports(file: SourceFile): string[] {
  return file.imports.flatMap((specifier) => {
    if (!specifier.startsWith('node:')) return [];
    if (WITHOUT_NODE.has(file.room)) {
      return [`${specifier}: ${file.room} runs in browsers, too, where Node's modules are not.`];
    }
    const isFiles = specifier.startsWith('node:fs');
    if (isFiles && file.room === 'server' && !SERVER_FILES.test(file.path)) {
      return [
        `${specifier}: a feature keeps nothing on its machine; any server serves any request.`,
      ];
    }
    return [];
  });
}

function checkIdentifiers(file: SourceFile): string[] {
  return (FORBIDDEN[file.room] ?? []).flatMap(({ pattern, reason }) => {
    const found = pattern.exec(file.code);
    return found === null
      ? []
      : [`"${found[0].trim()}" in line ${lineOf(file, found)}: ${reason}.`];
  });
}

function checkEnvironment(file: SourceFile): string[] {
  const found = /\bprocess\.env\b/.exec(file.code);
  if (found === null || READS_ENVIRONMENT.some((allowed) => allowed.test(file.path))) return [];
  return [
    `process.env in line ${lineOf(file, found)}: variables are read in one place per program and ` +
      'passed down, so that what can be configured is known.',
  ];
}

function lineOf(file: SourceFile, found: RegExpExecArray): number {
  return file.code.slice(0, found.index).split('\n').length;
}
