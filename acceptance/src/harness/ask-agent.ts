import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface AgentStatus {
  readonly state: string;
  readonly pending: number;
  readonly files: number;
  readonly sent: number;
  readonly received: number;
  readonly heldEdits: { readonly files: number } | null;
  readonly deselected: readonly string[];
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * What `valise status` says, asked as it asks: a command would cost more processor time than the
 * sync that is being waited for. Null while no agent listens.
 */
export async function askAgent(home: string): Promise<AgentStatus | null> {
  const socket = connect(join(home, 'agent.sock'));
  try {
    socket.write('{"command":"status"}\n');
    return JSON.parse(await text(socket)) as AgentStatus;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}
