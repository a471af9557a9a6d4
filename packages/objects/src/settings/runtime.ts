/**
 * Imported before anything else: libuv reads this once, when its pool is first used. Each PUT and
 * GET waits in a pool thread for the disk; with the default of four, a few slow fsyncs would hold
 * up all reading.
 */
process.env.UV_THREADPOOL_SIZE ??= '16';

export {};
