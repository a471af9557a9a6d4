/** What is used of a WebSocket: the browser's, and Node's own. */
export interface WebSocketLike {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  close(code?: number, reason?: string): void;
}

export type WebSocketMaker = (url: string, protocols: readonly string[]) => WebSocketLike;

export const platformWebSocket: WebSocketMaker = (url, protocols) =>
  new WebSocket(url, [...protocols]) as WebSocketLike;
