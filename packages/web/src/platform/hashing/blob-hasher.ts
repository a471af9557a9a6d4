import { ClientError, type HashedContent, type HashOptions } from '@valise/client';
import { HashPool, type HashThread, hashStretches } from '@valise/client/hashing';
import { planUpload } from '@valise/core/plan';
import { contentChanged } from '../read-slice.ts';
import { sha256 } from '../sha256.ts';
import type { HashTask } from './hash-task.ts';

/** Four workers outrun any disk; more would only take memory, some 35 MB in use each. */
const MOST_THREADS = 4;

/** A worker takes as long to start as this much takes to hash without it. */
const BYTES_A_THREAD = 16 * 1_048_576;

/** A worker holds whole parts to hash them. Larger ones (files beyond 156 GiB) are hashed when sent. */
const LARGEST_PART = 16 * 1_048_576;

export interface BlobHasher {
  /** Rejects with `content-changed`, `thread-died`, or `signal.reason`. */
  hash(file: File, options?: HashOptions): Promise<HashedContent>;
}

export interface BlobHasherDeps {
  /** How many threads the machine runs at once. */
  readonly cores: number;
  startThread(): HashThread<HashTask>;
}

/**
 * Chunks and fingerprints files in several workers, which are shared by all files that are hashed at the
 * same time and end with the last one. The list is the one that a single pass gives. What is in
 * use doesn't grow with the file but for its list (36 bytes for 256 KiB); what browsers keep of past reads
 * until they clean up comes on top.
 */
export function createBlobHasher({ cores, startThread }: BlobHasherDeps): BlobHasher {
  const most = Math.max(1, Math.min(MOST_THREADS, cores));
  const pool = new HashPool<HashTask>(most, startThread);
  let running = 0;
  return {
    async hash(file, { withParts = false, ...options } = {}) {
      running++;
      try {
        return await hashStretches(
          {
            size: file.size,
            threads: Math.min(most, Math.ceil(file.size / BYTES_A_THREAD)),
            partSize: withParts ? partSizeOf(file) : undefined,
            sha256,
            perform: ({ task, ...job }) => pool.run({ task: { ...task, file }, ...job }),
            errorOf: (outcome) => {
              if (outcome.kind === 'failed') return outcome.error;
              return outcome.kind === 'changed'
                ? contentChanged(file)
                : new ClientError('cancelled');
            },
          },
          options,
        );
      } finally {
        if (--running === 0) await pool.endIdle();
      }
    },
  };
}

function partSizeOf({ size }: File): number | undefined {
  const { partSize } = planUpload({ size });
  return partSize <= LARGEST_PART ? partSize : undefined;
}
