import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createChannel } from './channel.ts';

test('everything pushed is read once, in order, whatever the capacity', async () => {
  const sizes = fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 20 }));
  await fc.assert(
    fc.asyncProperty(sizes, async ([count, capacity]) => {
      const channel = createChannel<number>(capacity);
      let ahead = 0;
      const feeding = (async () => {
        for (let n = 0; n < count; n++) {
          ahead++;
          await channel.push(n);
        }
        channel.end();
      })();
      const read: number[] = [];
      for await (const n of channel) {
        // One more may be in hand, and one was pushed by whoever waits.
        assert.ok(ahead <= capacity + 2);
        ahead--;
        read.push(n);
        if (n % 7 === 0) await new Promise(setImmediate);
      }
      await feeding;
      assert.deepEqual(
        read,
        Array.from({ length: count }, (_, n) => n),
      );
    }),
    { numRuns: 30 },
  );
});

test('whoever pushes does not wait for a reader that has left', async () => {
  const channel = createChannel<number>(1);
  const feeding = Promise.all([channel.push(1), channel.push(2), channel.push(3)]);
  for await (const _ of channel) break;
  await feeding;
  await channel.push(4);
});
