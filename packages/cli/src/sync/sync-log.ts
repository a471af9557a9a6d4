import { appendFileSync, renameSync, statSync } from 'node:fs';
import type { AgentEvent } from '@valise/sync';
import { eventLine } from './agent-report.ts';

/** Some fifty thousand lines; there are two files of this size at most. */
const LIMIT = 5_000_000;

/**
 * Every change and failure, with its time, for whoever wants to know later. A file that has grown
 * to its limit becomes `<path>.1`, instead of the one before.
 */
export function openSyncLog(path: string, limit = LIMIT): (event: AgentEvent) => void {
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return (event) => {
    const text = eventLine(event) ?? failureLine(event);
    if (text === null) return;
    const line = Buffer.from(`${new Date().toISOString()} ${text}\n`);
    if (size > 0 && size + line.length > limit) {
      renameSync(path, `${path}.1`);
      size = 0;
    }
    appendFileSync(path, line);
    size += line.length;
  };
}

function failureLine(event: AgentEvent): string | null {
  if (event.kind !== 'failed') return null;
  return `failed: ${event.operation.kind} ${event.path}: ${event.error}`;
}
