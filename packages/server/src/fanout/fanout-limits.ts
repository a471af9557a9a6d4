/** How much one transaction does before it leaves the rest to jobs, and how much a batch does. */
export interface FanoutLimits {
  /** People told of a change in its own transaction. */
  usersAtOnce: number;
  /** Access rows that one transaction writes, some 30 µs each: who waits for it waits so long. */
  rowsAtOnce: number;
  /** The same for a batch of a job, after which others have their turn. */
  rowsPerBatch: number;
  /** People whose rows one job fills in: a batch locks their feeds' counters together. */
  usersPerJob: number;
}

/** Not configuration: tests lower them, so that small trees go every way. */
export const fanoutLimits: FanoutLimits = {
  usersAtOnce: 64,
  rowsAtOnce: 2_000,
  rowsPerBatch: 1_000,
  usersPerJob: 500,
};
