import { resolveRelative } from './package-rules.ts';
import type { SourceFile } from './source-file.ts';

/**
 * Cycles among relative imports, each as the paths along it. A depth-first walk; an edge back onto
 * the current path closes a cycle. Of several cycles through one edge it reports one.
 */
export function findCycles(files: readonly SourceFile[]): string[][] {
  const edges = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const cycles: string[][] = [];
  const finished = new Set<string>();
  const trail: string[] = [];

  function visit(path: string): void {
    const at = trail.indexOf(path);
    if (at >= 0) {
      cycles.push([...trail.slice(at), path]);
      return;
    }
    if (finished.has(path)) return;
    trail.push(path);
    for (const target of edges.get(path) ?? []) visit(target);
    trail.pop();
    finished.add(path);
  }

  for (const path of edges.keys()) visit(path);
  return cycles;
}

function targetsOf(file: SourceFile): string[] {
  return file.imports
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => resolveRelative(file.path, specifier));
}
