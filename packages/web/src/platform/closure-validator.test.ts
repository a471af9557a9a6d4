import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as wire from '@valise/core/wire';
import fc from 'fast-check';
import type { TSchema } from 'typebox';
import { Check as oracle } from 'typebox/value';
import { Check } from './closure-validator.ts';

const ID = '01a21904-4473-7525-80ac-dc7b37f0ee90';
const TIME = '2026-11-26T18:00:00.000Z';
const file = {
  id: ID,
  kind: 'file',
  name: 'x.txt',
  parentId: null,
  ownerId: ID,
  role: 'owner',
  size: 1,
  mimeType: 'text/plain',
  fingerprint: `v1:${'a'.repeat(64)}`,
  status: 'uploaded',
  version: 1,
  executable: false,
  modifiedAt: TIME,
  createdAt: TIME,
  updatedAt: TIME,
  createdBy: ID,
  sharedRoot: false,
};
const request = { method: 'PUT', url: 'https://s/', headers: { a: 'b' }, expiresAt: TIME };
const part = { partNumber: 1, offset: 0, size: 5, status: 'not-started', etag: null, request };
const upload = { id: ID, fileId: ID, expiresAt: TIME, parts: [part] };
const user = { id: ID, email: 'a@b', name: 'A' };

const SAMPLES: readonly (readonly [TSchema, unknown])[] = [
  [wire.FilePage, { items: [file, { ...file, kind: 'folder' }], cursor: null }],
  [wire.UploadAnswer, { file, upload }],
  [wire.CreateUploadsAnswer, { results: [{ file, upload: null }] }],
  [wire.DownloadUrlsAnswer, { results: [] }],
  [wire.DevicePage, { items: [], cursor: 'c' }],
  [wire.CookieSession, { user, device: { id: ID, name: 'D' }, accessToken: 'x', expiresIn: 900 }],
  [
    wire.SharePage,
    { items: [{ user, role: 'viewer', via: { fileId: ID, name: 'F' } }], cursor: null },
  ],
  [
    wire.ChangesAnswer,
    {
      changes: [
        { type: 'upsert', file },
        { type: 'remove', fileId: ID, reason: 'deleted' },
      ],
      cursor: 'c',
      hasMore: false,
    },
  ],
  [wire.LiveMessage, { type: 'hello', cursor: 'c' }],
];

test('what the server sends passes', () => {
  for (const [schema, value] of SAMPLES) {
    assert.ok(oracle(schema, value), 'the sample is none');
    assert.ok(Check(schema, value), JSON.stringify(value));
  }
});

test('whatever is broken in it, the verdict is TypeBox’s', () => {
  const junk = fc.constantFrom<unknown>(undefined, null, '', 'x', -1, 1.5, true, [], {}, ID);
  fc.assert(
    fc.property(fc.constantFrom(...SAMPLES), fc.nat(), junk, ([schema, sample], at, value) => {
      const places = placesIn(sample);
      const place = places[at % places.length];
      const broken = structuredClone(sample);
      if (place !== undefined) put(broken, place, value);
      assert.equal(Check(schema, broken), oracle(schema, broken), JSON.stringify(broken));
    }),
    { numRuns: 2_000 },
  );
});

function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, member]) => [
    [...path, name],
    ...placesIn(member, [...path, name]),
  ]);
}

function put(root: unknown, path: readonly string[], value: unknown): void {
  let at = root as Record<string, unknown>;
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
  const last = path.at(-1);
  if (last !== undefined) at[last] = value;
}
