import type { Agent } from '@valise/sync';
import type { Output } from '../output/output.ts';
import { stateLine } from './agent-report.ts';
import type { SyncProgress } from './progress.ts';

const EVERY_MS = 200;
/** Those without a terminal hear of a state when it changes. */
const CLEAR = '\r\u001b[K';

/** Shows what the agent is doing: one line that changes on a terminal, else a line a change. */
export function showLive(
  agent: Agent,
  { out, progress }: { readonly out: Output; readonly progress: SyncProgress },
): { stop(): void } {
  let shown = '';
  let state = '';
  let isQuestion = false;
  const draw = (text: string) => {
    // A line that is broken can't be drawn over; what a person is asked is shown whole.
    const width = isQuestion ? text.length : (process.stderr.columns || 80) - 1;
    process.stderr.write(`${CLEAR}${cut(text, width)}`);
  };
  if (out.tty) {
    out.divert((text) => {
      process.stderr.write(`${CLEAR}${text}`);
      draw(shown);
    });
  }
  const tick = () => {
    const { status } = agent;
    progress.tick(status);
    const line = stateLine(status, progress.now());
    isQuestion = status.state === 'held';
    if (out.tty && line !== shown) draw(line);
    else if (!out.tty && status.state !== state && status.state !== 'working') {
      out.progress({ type: 'state', state: status.state, pending: status.pending }, line);
    }
    state = status.state === 'working' ? state : status.state;
    shown = line;
  };
  const timer = setInterval(tick, EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      if (!out.tty) return;
      process.stderr.write(CLEAR);
      out.divert(null);
    },
  };
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
