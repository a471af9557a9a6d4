import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DirtyNodes } from '../state/dirty-nodes.ts';
import type { Triple } from '../testing/random-triple.ts';
import { readTriple, type TripleText } from '../testing/triple-text.ts';
import { settle } from '../tree/settle.ts';
import { PlanPieces } from './plan-pieces.ts';

const NOTHING = { remote: [], local: [], synced: [] };
const idle = () => false;

/** Plans for two additions at first. */
function planner(text: Partial<TripleText>) {
  const trees: Triple = readTriple({ ...NOTHING, ...text });
  const dirty = new DirtyNodes();
  for (const tree of [trees.remote, trees.local, trees.synced]) {
    for (const { id } of [...tree.all()]) dirty.note(id, settle(trees, id));
  }
  const pieces = new PlanPieces({
    trees,
    dirty,
    options: {
      isIgnored: () => false,
      isDeselected: (id) => trees.deselected.has(id),
      conflictName: (name) => name,
    },
    first: 2,
  });
  const plan = (isBusy: (id: string) => boolean) =>
    pieces.plan(isBusy).map(({ kind, id }) => `${kind} ${id}`);
  return { pieces, plan, dirty, trees };
}

const files = (...ids: string[]) => ids.map((id) => ({ id, name: id, content: id }));

describe('a plan in pieces', () => {
  test('is about so many new files; the next one about others, once these are being sent', () => {
    const { plan } = planner({ local: files('a', 'b', 'c', 'd', 'e') });
    const first = plan(idle);
    assert.deepEqual(first, ['remote-upload a', 'remote-upload b']);
    assert.deepEqual(plan(idle), first);
    const isSent = (id: string) => id < 'c';
    assert.deepEqual(plan(isSent), ['remote-upload c', 'remote-upload d']);
  });

  test('goes past what isn’t wanted here or can’t be done yet, and knows how much that is', () => {
    const { plan, pieces, dirty } = planner({
      remote: [
        { id: 'films', name: 'films', kind: 'folder' },
        ...files('a', 'b', 'c').map((file) => ({ ...file, in: 'films' })),
        ...files('d', 'e'),
      ],
      deselected: ['films'],
    });
    assert.deepEqual(plan(idle), ['local-create d', 'local-create e']);
    assert.equal(pieces.apart, 4);
    assert.deepEqual([...dirty.additions], ['d', 'e', 'a', 'b', 'c']);
    dirty.note('a', 'at rest');
    pieces.forget(['a']);
    assert.equal(pieces.apart, 3);
  });

  test('tells why something stays as it is', () => {
    const { plan, pieces } = planner({
      local: [
        { id: 'shared', name: 'Shared with me', kind: 'folder' },
        { ...files('stray')[0], id: 'stray', name: 'stray', in: 'shared' },
      ],
      remote: [{ id: 'shared', name: 'Shared with me', kind: 'folder', readOnly: true }],
    });
    assert.deepEqual(plan(idle), []);
    assert.deepEqual([...pieces.blocks], [['stray', 'not-shared']]);
  });

  test('two files new on both sides are found to be one, however far apart they are', () => {
    const { plan } = planner({
      local: files('a', 'b', 'c'),
      remote: [
        ...files('v', 'w', 'x', 'y', 'z'),
        { id: 'there', name: 'a', content: 'another' },
        { id: 'theirs', name: 'b', content: 'b' },
      ],
    });
    assert.deepEqual(plan(idle), ['local-create v', 'local-create w']);
    const areSent = (id: string) => id >= 'v';
    assert.deepEqual(plan(areSent), ['adopt a', 'adopt b']);
  });

  test('what is being sent isn’t taken for what comes to its place: it may be that', () => {
    const { plan } = planner({
      local: files('a'),
      remote: [{ id: 'there', name: 'a', content: 'as it was sent' }],
    });
    assert.deepEqual(
      plan((id) => id === 'a'),
      [],
    );
    assert.deepEqual(plan(idle), ['adopt a']);
  });

  test('what lies in a folder that is nowhere waits', () => {
    const { plan } = planner({ remote: files('a').map((file) => ({ ...file, in: 'gone' })) });
    assert.deepEqual(plan(idle), []);
  });

  test('a folder that was deleted there stays if anything in it is new here', () => {
    const folder = { id: 'folder', name: 'folder', kind: 'folder' } as const;
    const { plan } = planner({
      local: [folder, ...files('x', 'y'), { id: 'z', in: 'folder', name: 'z', content: 'new' }],
      synced: [folder],
    });
    assert.ok(plan((id) => id < 'z').some((one) => one === 'renew folder'));
  });
});
