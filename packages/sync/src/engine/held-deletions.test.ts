import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Scanned } from '../testing/scanned.ts';
import { Questions } from './questions.ts';

/** Five files in step, of which four are to go. */
async function fourOfFive() {
  const scanned = new Scanned();
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) scanned.disk.write(name, name);
  await scanned.all();
  scanned.agree();
  const deletions = names
    .slice(0, 4)
    .map((name) => ({ kind: 'remote-delete', id: scanned.at(name).id }) as const);
  return { scanned, deletions };
}

const clock = { now: () => 1 };
const waitsForNothing = () => false;

test('new files don’t make a mass deletion an ordinary one, not over a restart either', async () => {
  const { scanned, deletions } = await fourOfFive();
  const questions = new Questions(scanned.state, clock);
  questions.allow(deletions, waitsForNothing);
  assert.deepEqual(questions.held, { files: 4, syncedFiles: 5 });
  for (let count = 0; count < 50; count++) scanned.disk.write(`new ${count}`, 'new');
  await scanned.all();
  scanned.agree();
  for (const one of [questions, new Questions(scanned.state, clock)]) {
    assert.deepEqual(one.allow(deletions, waitsForNothing).operations, []);
    assert.deepEqual(one.held, { files: 4, syncedFiles: 5 });
  }
});

test('once few are to go, or a person says so, it is counted anew', async () => {
  const { scanned, deletions } = await fourOfFive();
  const questions = new Questions(scanned.state, clock);
  questions.allow(deletions, waitsForNothing);
  const two = deletions.slice(0, 2);
  assert.deepEqual(questions.allow(two, waitsForNothing).operations, two);
  questions.allow(deletions, waitsForNothing);
  questions.answer({ acceptDeletes: true });
  assert.deepEqual(questions.allow(deletions, waitsForNothing).operations, deletions);
  assert.equal(questions.held, null);
});
