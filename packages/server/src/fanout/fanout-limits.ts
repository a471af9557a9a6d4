/** People told of a change in its own transaction; the others by a job. */
export const USERS_AT_ONCE = 64;
/** Access rows that one transaction writes, some 30 µs each: whoever waits for it waits so long. */
export const ROWS_AT_ONCE = 2_000;
/** The same for the batches of a job, which others must pass between. */
export const ROWS_PER_BATCH = 1_000;
/** People whose rows one job fills in: their counters are locked together. */
export const USERS_PER_JOB = 500;
