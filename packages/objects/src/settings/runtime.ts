import { setFlagsFromString } from 'node:v8';

/**
 * Imported before anything else: libuv reads this once, when its pool is first used. Each PUT and
 * GET waits in a pool thread for the disk; with the default of four, a few slow fsyncs would hold
 * up all reading.
 */
process.env.UV_THREADPOOL_SIZE ??= '16';

/**
 * V8 lets the space for young objects grow to many times its first size, because garbage there is
 * cheap; but ours holds on to the buffers that bodies arrive in. Collected sooner, a large PUT
 * needs a third less memory.
 */
setFlagsFromString('--semi-space-growth-factor=1');
