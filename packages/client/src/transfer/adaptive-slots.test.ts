import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createAdaptiveSlots, type Slots } from './adaptive-slots.ts';

const never = new AbortController().signal;

/** Runs `rounds` windows against a link whose throughput follows from the number of slots. */
async function drive(slots: Slots, clock: { now: number }, rounds: number, rate: RateOf) {
  const limits: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { limit } = slots;
    for (let at = 0; at < limit; at++) await slots.acquire(never);
    clock.now += 1_000;
    slots.moved(rate(limit) * 1_000);
    for (let at = 0; at < limit; at++) slots.release();
    limits.push(slots.limit);
  }
  return limits;
}

type RateOf = (slots: number) => number;

function slotsAt(clock: { now: number }, max = 16): Slots {
  return createAdaptiveSlots({ max, now: () => clock.now });
}

describe('adaptive slots', () => {
  test('grow while that pays, up to the maximum', async () => {
    const clock = { now: 0 };
    const limits = await drive(slotsAt(clock), clock, 10, (slots) => slots);
    assert.equal(limits.at(-1), 16);
  });

  test('stay near where growing stopped paying', async () => {
    const clock = { now: 0 };
    const limits = await drive(slotsAt(clock), clock, 60, (slots) => Math.min(slots, 8));
    assert.ok(
      limits.slice(10).every((limit) => limit >= 8 && limit <= 10),
      `${limits}`,
    );
  });

  test('halve when the other side is overloaded, never below one', () => {
    const slots = slotsAt({ now: 0 });
    assert.equal(slots.limit, 4);
    slots.overloaded();
    assert.equal(slots.limit, 2);
    slots.overloaded();
    slots.overloaded();
    assert.equal(slots.limit, 1);
  });

  test('never more are taken than the limit; who waits gets the next', async () => {
    const slots = slotsAt({ now: 0 }, 2);
    await slots.acquire(never);
    await slots.acquire(never);
    let third = false;
    const waiting = slots.acquire(never).then(() => {
      third = true;
    });
    await Promise.resolve();
    assert.equal(third, false);
    slots.release();
    await waiting;
  });

  test('an abort ends the wait and takes no slot', async () => {
    const slots = slotsAt({ now: 0 }, 1);
    await slots.acquire(never);
    const stop = new AbortController();
    const waiting = slots.acquire(stop.signal);
    stop.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    slots.release();
    await slots.acquire(never);
  });
});
