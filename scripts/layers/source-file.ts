/** A TypeScript source as the layer rules see it. */
export interface SourceFile {
  /** From the repository's root, with slashes: `packages/core/src/ids/uuid.ts`. */
  readonly path: string;
  /** `core` for everything below `packages/core`; `acceptance`, `bench`, `scripts` as they are. */
  readonly room: string;
  readonly isTest: boolean;
  /** Specifiers of all imports and re-exports, types included, as written. */
  readonly imports: readonly string[];
  /** The text with comments, strings and templates blanked: what is left is code. */
  readonly code: string;
}

export function parseSource(path: string, text: string): SourceFile {
  const [top = '', second = ''] = path.split('/');
  const name = path.slice(path.lastIndexOf('/') + 1);
  const code = text.replace(COMMENT_OR_STRING, (found) => found.replace(/[^\n]/g, ' '));
  return {
    path,
    room: top === 'packages' ? second : top,
    isTest: /\.(test|contract)\.tsx?$/.test(name) || name.startsWith('test-'),
    imports: importsOf(text, code),
    code,
  };
}

const COMMENT_OR_STRING =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;

const IMPORTS = [
  /\b(?:import|export)\s[^'";]*?\bfrom\s+['"]([^'"]+)['"]/g,
  /\bimport\s+['"]([^'"]+)['"]/g,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
];

/** Specifiers are strings, so they are found in the text; but what imports them must be code. */
function importsOf(text: string, code: string): string[] {
  return IMPORTS.flatMap((pattern) =>
    [...text.matchAll(pattern)]
      .filter((match) => code[match.index] !== ' ')
      .map((match) => match[1] ?? ''),
  );
}
