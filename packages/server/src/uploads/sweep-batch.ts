/**
 * Rows that one step of a sweeper's duty takes at most: some seconds of work, a few hundred calls
 * to the store. A step that finds so many is followed by another at once.
 */
export const SWEEP_BATCH = 100;
