import { open } from 'node:fs/promises';

interface Turn {
  readonly running: Promise<void>;
  /** Begins when `running` has ended, and serves all who came meanwhile. */
  next: Promise<void> | null;
}

const turns = new Map<string, Turn>();

/**
 * Makes the names in a folder durable. Hundreds of downloads into one folder end at about the same
 * time: those that come while a sync is running share the next one.
 */
export function syncFolder(path: string): Promise<void> {
  const turn = turns.get(path);
  if (turn !== undefined) {
    turn.next ??= turn.running.then(
      () => begin(path),
      () => begin(path),
    );
    return turn.next;
  }
  return begin(path);
}

function begin(path: string): Promise<void> {
  const running = syncNow(path).finally(() => {
    if (turns.get(path)?.running === running) turns.delete(path);
  });
  turns.set(path, { running, next: null });
  return running;
}

async function syncNow(path: string): Promise<void> {
  // A folder can't be opened there; NTFS journals its names by itself.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
