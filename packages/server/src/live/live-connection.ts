import type { Caller } from '../http/app.ts';

/** Sends to a socket whose reader is slow end here: beyond this much unsent, it is told to poll. */
export const MAX_UNSENT_BYTES = 256 * 1024;
/** Messages that a client may send between two heartbeats, though there is nothing to say. */
const MAX_CHATTER = 50;

/** What is needed of a WebSocket; `ws` has it. */
export interface Socket {
  readonly bufferedAmount: number;
  /** Tells `done` nothing, or null as Node's streams do, when all went well. */
  send(text: string, done: (error?: Error | null) => void): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** One device's open socket. */
export class LiveConnection {
  readonly caller: Caller;
  readonly token: string;
  /** Set once it has been told where its feed stands; only then it can follow. */
  isReady = false;
  readonly #socket: Socket;
  #isBehind = false;
  #isAlive = true;
  #chatter = 0;

  constructor(socket: Socket, caller: Caller, token: string) {
    this.#socket = socket;
    this.caller = caller;
    this.token = token;
  }

  /** Sends, unless the reader is slow: then it gets one "poll" when it has caught up. */
  send(text: string): void {
    if (this.#isBehind) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#isBehind = true;
      return;
    }
    this.#socket.send(text, (error) => {
      if (!error) this.#catchUp();
    });
  }

  /** What was sent is on its way: is anything left that was not? */
  #catchUp(): void {
    if (!this.#isBehind || this.#socket.bufferedAmount > 0) return;
    this.#isBehind = false;
    this.send(POLL);
  }

  /** Whatever a client says is ignored, and soon too much. */
  heard(): void {
    this.#chatter += 1;
    if (this.#chatter > MAX_CHATTER) this.close(1008, 'This socket only sends.');
  }

  /** Whatever went out before the ping has arrived. */
  ponged(): void {
    this.#isAlive = true;
    this.#catchUp();
  }

  /** Called at an interval: ends a socket that left the last ping unanswered. */
  beat(): void {
    this.#chatter = 0;
    if (this.#isAlive) this.#socket.ping();
    else this.#socket.terminate();
    this.#isAlive = false;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}

export const POLL = JSON.stringify({ type: 'poll' });
