import type { File } from '@valise/core/wire';
import type { JsonLine } from './output.ts';

export type FileAction =
  | 'listed'
  | 'created'
  | 'uploaded'
  | 'downloaded'
  | 'unchanged'
  | 'moved'
  | 'copied'
  | 'removed'
  | 'restored';

/** How every command tells of a file with `--json`: the file as the API has it, and its path. */
export function fileLine(
  action: FileAction,
  path: string,
  file: File,
  more: Readonly<Record<string, unknown>> = {},
): JsonLine {
  return { type: 'file', action, path, ...file, ...more };
}
