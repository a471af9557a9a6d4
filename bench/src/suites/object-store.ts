import type { Report } from '../measure/report.ts';
import { composing } from '../object-store/composing.ts';
import { eventDelay } from '../object-store/event-delay.ts';
import { largeObjects } from '../object-store/large-objects.ts';
import { manyObjects } from '../object-store/many-objects.ts';
import { multipartBesideCeph } from '../object-store/multipart-beside-ceph.ts';
import { smallObjects } from '../object-store/small-objects.ts';

const MiB = 1_048_576;

/** The embedded store alone, beside nginx and Ceph on the same disk. */
export async function objectStore(rounds: number): Promise<Report> {
  return {
    title: 'The embedded object store',
    how: `Its process alone, driven over raw kept-alive connections with presigned URLs by a client on the same processors; ${rounds} interleaved rounds, medians (lowest–highest). The store has every PUT on the disk before it answers, nginx (Debian's, WebDAV) does not: it is measured as it is, and with its file flushed as well. Ceph is one monitor, one BlueStore daemon and one gateway on the same disk.`,
    figures: [
      ...(await largeObjects(rounds, 2048 * MiB)),
      await multipartBesideCeph(rounds, 1024 * MiB),
      ...(await smallObjects(rounds, 5000)),
      await composing(rounds, 10 * 1024 * MiB),
      ...(await manyObjects(rounds, 1_000_000)),
      await eventDelay(5000),
    ],
  };
}
