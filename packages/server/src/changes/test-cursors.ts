import { createFeedCursors } from './feed-cursor.ts';

/** For tests: cursors as a server with the secret of `testConfig` makes them. */
export const testCursors = createFeedCursors(new Uint8Array(32).fill(7));
