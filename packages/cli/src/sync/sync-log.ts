import { appendFileSync, renameSync, statSync } from 'node:fs';
import { type AgentEvent, problemReason } from '@valise/sync';
import { printable } from '../output/format.ts';
import { eventLine } from './agent-report.ts';
import { DOING } from './doing.ts';

/** Some fifty thousand lines; there are two files of this size at most. */
const LIMIT = 5_000_000;

export interface SyncLogOptions {
  /** Bytes of a file. */
  readonly limit?: number;
  /** Told once of what keeps the log from being written, and again when it had got better. */
  onFault(error: unknown): void;
}

export interface SyncLog {
  event(event: AgentEvent): void;
  note(text: string): void;
}

/**
 * Every change, failure and question, with its time, for whoever wants to know later. A file that has grown
 * to its limit becomes `<path>.1`, instead of the one before. Syncing goes on where it can't be
 * written, on a full disk for one.
 */
export function openSyncLog(path: string, { limit = LIMIT, onFault }: SyncLogOptions): SyncLog {
  let isFaulty = false;
  function write(line: Buffer): void {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 0 && size + line.length > limit) renameSync(path, `${path}.1`);
    appendFileSync(path, line);
  }
  function note(text: string): void {
    try {
      write(Buffer.from(`${new Date().toISOString()} ${text}\n`));
      isFaulty = false;
    } catch (error) {
      if (!isFaulty) onFault(error);
      isFaulty = true;
    }
  }
  return {
    note,
    event(event) {
      const text = eventLine(event) ?? failureLine(event);
      if (text !== null) note(text);
    },
  };
}

function failureLine(event: AgentEvent): string | null {
  if (event.kind !== 'failed') return null;
  const doing = DOING[event.operation.kind] ?? event.operation.kind;
  return `failed: ${doing} ${printable(event.path)}: ${problemReason(event.error, event.path)}`;
}
