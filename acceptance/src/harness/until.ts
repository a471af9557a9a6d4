const WITHIN_MS = 60_000;

/** Waits until something holds that other processes bring about. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Not within ${WITHIN_MS / 1_000} s: ${holds}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
