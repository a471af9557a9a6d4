import type { Agent } from '@valise/sync';
import type { Output } from '../output/output.ts';
import { stateLine } from './agent-report.ts';

const EVERY_MS = 200;
/** Those without a terminal hear of a state when it changes. */
const CLEAR = '\r\u001b[K';

/** Shows what the agent is doing: one line that changes on a terminal, else a line a change. */
export function showLive(agent: Agent, out: Output): { stop(): void } {
  let shown = '';
  let state = '';
  const draw = (text: string) => process.stderr.write(`${CLEAR}${text}`);
  if (out.tty) {
    out.divert((text) => {
      process.stderr.write(`${CLEAR}${text}`);
      draw(shown);
    });
  }
  const tick = () => {
    const { status } = agent;
    const line = stateLine(status);
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
