export interface QueuedMessage {
  /** The sender's text. */
  readonly body: string;
  /** Names this delivery of it, for its removal. */
  readonly receipt: string;
}

/** A queue that hands each message out again and again until it is removed. */
export interface EventQueue {
  /** Waits some seconds for messages; none is an answer, too. Throws when the queue can't be asked. */
  receive(options: { readonly signal: AbortSignal }): Promise<readonly QueuedMessage[]>;
  /** Those that can't be removed come again, which does no harm. */
  remove(messages: readonly QueuedMessage[]): Promise<void>;
}
