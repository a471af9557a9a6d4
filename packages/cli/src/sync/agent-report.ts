import type { AgentEvent, AgentStatus } from '@valise/sync';
import { formatBytes, formatDuration, plural, printable } from '../output/format.ts';
import type { ProgressNow } from './progress.ts';

/** How a person reads an operation. */
const WORDS: Readonly<Record<string, string>> = {
  'remote-folder': 'sent folder',
  'remote-symlink': 'sent symlink',
  'remote-upload': 'sent',
  'remote-move': 'moved there',
  'remote-meta': 'sent time and mode',
  'remote-delete': 'deleted there',
  'remote-copy': 'copied there',
  'remote-leave': 'left',
  'local-folder': 'received folder',
  'local-symlink': 'received symlink',
  'local-create': 'received',
  'local-replace': 'received',
  'local-move': 'moved here',
  'local-meta': 'received time and mode',
  'local-trash': 'deleted here',
};

/** One line about something that was done; null for what only the agent cares about. */
export function eventLine(event: AgentEvent): string | null {
  const words = WORDS[event.operation.kind];
  if (event.kind !== 'done' || words === undefined) return null;
  return `${words} ${printable(event.path)}`;
}

/** The state in a few words, for the live line and for `status`. */
export function stateLine(status: AgentStatus, progress: Partial<ProgressNow> = {}): string {
  const files = plural(status.files, 'file');
  const problems =
    status.problems.length === 0 ? '' : ` · ${plural(status.problems.length, 'problem')}`;
  switch (status.state) {
    case 'paused':
      return `Paused · ${status.pending} waiting${problems}`;
    case 'offline':
      return `The server can't be reached; trying again · ${status.pending} waiting${problems}`;
    case 'held':
      return `${heldLine(status)}${problems}`;
    case 'working': {
      const moved = `${formatBytes(status.sent)} up, ${formatBytes(status.received)} down`;
      return `Syncing · ${status.pending} to go${paceOf(progress)} · ${moved}${problems}`;
    }
    default:
      return `In step · ${files}${problems}`;
  }
}

/** How long, how fast, and what of it now. */
function paceOf({ bytesPerSecond = 0, secondsLeft = null, doing = null }: Partial<ProgressNow>) {
  const facts = [
    ...(secondsLeft === null ? [] : [`${formatDuration(secondsLeft * 1_000)} left`]),
    ...(bytesPerSecond > 0 ? [`${formatBytes(bytesPerSecond)}/s`] : []),
    ...(doing === null ? [] : [printable(doing)]),
  ];
  return facts.map((fact) => ` · ${fact}`).join('');
}

/** What waits for a person's word, and how they give it. */
export function heldLine({ held, heldEdits, removedShares }: AgentStatus): string {
  const questions: string[] = [];
  if (held !== null) {
    questions.push(
      `${plural(held.files, 'file')} of ${held.syncedFiles} would be deleted. ` +
        'If that is meant: valise resume --accept-deletes (or sync --once --accept-deletes)',
    );
  }
  if (heldEdits !== null) questions.push(editsLine(heldEdits));
  if (removedShares.length > 0) {
    questions.push(
      `you removed ${removedShares.map(printable).join(', ')}. ` +
        `To leave ${plural(removedShares.length, 'share')}: valise resume --leave; ` +
        'to have it back: valise resume --bring-back (or sync --once with either)',
    );
  }
  return `Waiting for you: ${questions.join('; ')}`;
}

function editsLine({ files, sent, syncedFiles }: NonNullable<AgentStatus['heldEdits']>): string {
  const state =
    sent === 0
      ? 'nothing was sent: the server still has the earlier versions'
      : `${sent} of them were sent, of the others the server still has the earlier versions`;
  return (
    `${plural(files, 'file')} of ${syncedFiles} have other contents now; ${state}. ` +
    'If that is meant, and no program did it to you: ' +
    'valise resume --accept-edits (or sync --once --accept-edits)'
  );
}
