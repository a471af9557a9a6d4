import type { Ambient, HashedContent, HashOptions } from '../ports.ts';
import { joinBytes } from '../transfer/join-bytes.ts';
import type { Chain } from './chain.ts';
import { contentOfChains } from './content-of-chains.ts';
import type { HashJob, HashOutcome } from './hash-pool.ts';
import { stitchChains } from './stitch-chains.ts';
import type { Stretch } from './stretch.ts';
import { planStretches } from './stretch-plan.ts';

/** Where chains don't meet, the right one goes on by this much at a time. */
const EXTENSION = 16 * 1_048_576;

const NO_DIGESTS = new Uint8Array(0);

export interface StretchedContent extends Pick<Ambient, 'sha256'> {
  /** Bytes. */
  readonly size: number;
  /** Among how many threads it is divided. */
  readonly threads: number;
  /** Bytes of the parts whose digests are wanted, too: at most `LARGEST_PART`, whole MiB. */
  readonly partSize?: number | undefined;
  /** Chunks and hashes a stretch somewhere; as many are asked for at once as the content has. */
  perform(job: HashJob<Stretch> & { readonly urgent: boolean }): Promise<HashOutcome>;
  /** What the caller is to be told. */
  errorOf(outcome: Exclude<HashOutcome, { readonly kind: 'done' }>): unknown;
}

/**
 * Chunks and fingerprints a content in stretches that several threads take at once. The list is the
 * one that a single pass over the content gives.
 *
 * Settles only when no stretch is being read any more.
 */
export async function hashStretches(
  content: StretchedContent,
  { signal, onProgress }: Pick<HashOptions, 'signal' | 'onProgress'> = {},
): Promise<HashedContent> {
  signal?.throwIfAborted();
  const stop = new AbortController();
  const stopped = AbortSignal.any([stop.signal, ...(signal === undefined ? [] : [signal])]);
  const start = (task: Stretch, { share, urgent }: { share: number; urgent: boolean }) => {
    const report = counted(share, onProgress);
    return content.perform({ task, urgent, signal: stopped, onProgress: report });
  };
  const running = stretchesOf(content).map(({ share, ...task }) =>
    start(task, { share, urgent: false }),
  );
  const chainOf = (outcome: HashOutcome): Chain => {
    if (outcome.kind === 'done') return outcome.chain;
    signal?.throwIfAborted();
    throw content.errorOf(outcome);
  };
  async function* chains(): AsyncGenerator<Chain> {
    for (const outcome of running) yield chainOf(await outcome);
  }
  const extend = async (from: number): Promise<Chain> => {
    const task = { size: content.size, start: from, until: from + EXTENSION };
    return chainOf(await start(task, { share: 0, urgent: true }));
  };
  try {
    const hashed = await contentOfChains(await stitchChains(chains(), extend), content);
    const { partSize } = content;
    if (partSize === undefined) return hashed;
    return { ...hashed, parts: { size: partSize, digests: await partDigestsOf(running) } };
  } finally {
    stop.abort();
    await Promise.all(running);
  }
}

function stretchesOf({ size, threads, partSize }: StretchedContent) {
  const plan = planStretches(
    size,
    partSize === undefined ? { threads } : { threads, grid: partSize },
  );
  return plan.map((stretch) =>
    partSize === undefined
      ? { size, ...stretch }
      : { size, ...stretch, parts: { size: partSize, total: stretch.share } },
  );
}

/** Progress of a stretch: bytes that its neighbour reads, too, count for one of them. */
function counted(share: number, onProgress: HashOptions['onProgress']): (bytes: number) => void {
  let uncounted = share;
  return (bytes) => {
    const more = Math.min(bytes, uncounted);
    uncounted -= more;
    if (more > 0) onProgress?.(more);
  };
}

async function partDigestsOf(outcomes: readonly Promise<HashOutcome>[]): Promise<Uint8Array> {
  const ended = await Promise.all(outcomes);
  return joinBytes(
    ended.map((outcome) => (outcome.kind === 'done' ? outcome.partDigests : NO_DIGESTS)),
  );
}
