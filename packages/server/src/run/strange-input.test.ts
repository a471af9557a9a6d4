import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { downloadRoutes } from '../downloads/download-routes.ts';
import { fileRoutes } from '../files/file-routes.ts';
import type { TestUser } from '../http/test-app.ts';
import {
  begin,
  call,
  createUploadRig,
  randomContent,
  type UploadRig,
  uploadAll,
} from '../uploads/test-uploads.ts';

/*
 * Every call of the published document, strange values one at a time in every place that takes one.
 * Whatever is sent, the answer is a success or a problem of the 400s.
 */

let rig: UploadRig;
let ann: TestUser;
let ids: readonly string[];

before(async () => {
  rig = await createUploadRig({ more: [fileRoutes, downloadRoutes] });
  ann = await rig.test.signUp('Ann');
});
after(() => rig.close());

/** Files to be called upon, new for every call: many of them are deleted or moved by it. */
async function makeFiles(n: number): Promise<void> {
  const file = await uploadAll(rig, ann, { name: `file ${n}`, content: randomContent(10) });
  const pending = await begin(rig, ann, { name: `pending ${n}`, size: 9_000_000 });
  const made = await call<{ file: { id: string } }>(rig, ann, 'POST /folders', {
    body: { name: `folder ${n}`, parentId: null },
  });
  ids = [file.id, pending.body.file.id, made.body.file.id];
}

const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53,
  1e300,
  -1e300,
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff\ud800',
  '\u202e',
  '..',
  '%00',
  '%',
  "'; DROP TABLE files; --",
  'e\u0301'.repeat(5_000),
  'x'.repeat(100_000),
  '9'.repeat(400),
  '1e400',
  'urn:uuid:0192a000-0000-7000-8000-000000000000',
  '0192A000-0000-7000-8000-00000000000F',
  '0192a000-0000-7000-8000-000000000000',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-23:59',
  '2016-12-31T23:59:60Z',
  '2026-02-31T00:00:00Z',
  `v1:${'0'.repeat(64)}`,
  `sha256:${'f'.repeat(64)}`,
  'WyJjaGlsZHJlbi1uYW1lIiwiIiwieCJd',
  [],
  [null],
  [[]],
  [['sha256:', 1]],
  [{}],
  {},
  { length: 1e9 },
  { constructor: 1, toString: 2 },
  JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`),
];

/** Further bodies to begin from. */
const MORE: Readonly<Record<string, readonly unknown[]>> = {
  '/files/presigned-url': [
    { name: 'empty', size: 0, mimeType: 'text/plain', modifiedAt: '2026-11-22T10:00:00Z' },
    { name: 'large', size: 2 ** 40, mimeType: 'text/plain', chunkCount: 5, pin: true },
    {
      name: 'file 0',
      size: 10,
      mimeType: 'text/plain',
      baseVersion: 1,
      chunkEdits: [{ at: 0, remove: 1, insert: [[`sha256:${'1'.repeat(64)}`, 10]] }],
    },
  ],
};

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | false;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: Schema;
  }[];
  readonly body: Schema | undefined;
}

/** Values that get a call past the first checks, by the name of the member. */
const FITTING: Readonly<Record<string, () => unknown>> = {
  name: () => `name ${Math.random()}`,
  size: () => 10,
  chunks: () => [[`sha256:${'0'.repeat(64)}`, 10]],
  chunkEdits: () => undefined,
  chunkCount: () => undefined,
  fingerprint: () => undefined,
  parentId: () => null,
  files: () => [{ name: `name ${Math.random()}`, size: 10, mimeType: 'text/plain' }],
};

/** Something that the schema takes, with its optional members. */
function sample(schema: Schema, name: string): unknown {
  if (name in FITTING) return FITTING[name]?.();
  if (schema.const !== undefined) return schema.const;
  if (schema.anyOf !== undefined) return sample(schema.anyOf[0] ?? {}, name);
  if (schema.properties !== undefined) {
    const members = Object.entries(schema.properties).filter(
      ([key]) => !/^(?:id|uploadId)$/.test(key),
    );
    return Object.fromEntries(members.map(([key, member]) => [key, sample(member, key)]));
  }
  if (schema.prefixItems !== undefined) return schema.prefixItems.map((one) => sample(one, name));
  switch (schema.type) {
    case 'array':
      return [sample(schema.items || {}, '')];
    case 'integer':
      return Math.max(1, schema.minimum ?? 0);
    case 'boolean':
      return false;
    case 'object':
      return {};
  }
  if (schema.format === 'uuid') return ids[0];
  if (schema.format === 'date-time') return '2026-11-22T10:00:00.000Z';
  if (schema.pattern?.includes('sha256')) return `sha256:${'0'.repeat(64)}`;
  if (schema.pattern !== undefined) return `v1:${'0'.repeat(64)}`;
  return 'text/plain';
}

let turn = 0;

/** A quarter of the strange values, another one each time. */
function some(): readonly unknown[] {
  turn++;
  return STRANGE.filter((_, at) => (at + turn) % 4 === 0);
}

/** The value with one of its places, at any depth, holding strange ones. */
function* variations(value: unknown): Generator<unknown> {
  yield* some();
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) {
      for (const other of variations(one)) yield value.with(at, other);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      for (const other of variations(one)) yield { ...value, [key]: other };
      const { [key]: _left, ...rest } = value as Record<string, unknown>;
      yield rest;
    }
  }
}

async function readCalls(): Promise<readonly Call[]> {
  const { paths } = (await rig.test.app.inject('/openapi.json')).json();
  return Object.entries(paths as Record<string, Record<string, never>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Call => {
      const { parameters = [], requestBody } = operation as {
        parameters?: Call['parameters'];
        requestBody?: { content: Record<string, { schema: Schema }> };
      };
      return {
        method: method.toUpperCase() as 'GET',
        path,
        parameters,
        body: requestBody?.content['application/json']?.schema,
      };
    }),
  );
}

/** Logging out would end the test; passwords cost time, and have a test of their own. */
const LEFT_OUT = /^\/auth\/(?:logout|register|login)/;

async function send(
  { method, path }: Call,
  query: Readonly<Record<string, unknown>>,
  payload: unknown,
): Promise<void> {
  const search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(textOf(value))}`)
    .join('&');
  const answer = await rig.test.app.inject({
    method,
    url: `${path}?${search}`,
    headers: { ...ann.headers, 'content-type': 'application/json' },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) ?? '' }),
  });
  const sent = JSON.stringify([method, path, query, payload])?.slice(0, 300);
  assert.ok(answer.statusCode < 500, `${sent} answers ${answer.statusCode} ${answer.body}`);
  if (answer.statusCode < 400) return;
  const problem = answer.json();
  assert.equal(problem.status, answer.statusCode);
  assert.equal(typeof problem.code, 'string', `${sent}: ${answer.body}`);
  assert.ok(problem.requestId !== undefined, `${sent}: ${answer.body}`);
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.toWellFormed().slice(0, 5_000);
}

test('whatever is sent to any call, it is never the server that fails', async () => {
  let sent = 0;
  for (const [n, one] of (await readCalls()).entries()) {
    if (LEFT_OUT.test(one.path)) continue;
    await makeFiles(n);
    const targeted = one.path.includes('{id}');
    // The files take turns: a file, one whose content is awaited, a folder.
    const next = () => ({ ...one, path: one.path.replace('{id}', ids[sent++ % ids.length] ?? '') });
    const inQuery = one.parameters.filter((parameter) => parameter.in === 'query');
    const query = Object.fromEntries(
      inQuery.map(({ name, schema }) => [name, sample(schema, name)]),
    );
    const bodies = one.body === undefined ? [] : [sample(one.body, ''), ...(MORE[one.path] ?? [])];
    for (const { name } of inQuery) {
      for (const strange of some()) {
        await send(next(), { [name]: strange }, bodies[0]);
        await send(next(), { ...query, [name]: strange }, bodies[0]);
      }
      const doubled = next();
      await send({ ...doubled, path: `${doubled.path}?${name}=1&${name}=2&` }, query, bodies[0]);
    }
    for (const strange of bodies.flatMap((body) => [...variations(body)])) {
      await send(next(), {}, strange);
    }
    for (const strange of targeted ? some() : []) {
      const path = one.path.replace('{id}', encodeURIComponent(textOf(strange)).slice(0, 900));
      await send({ ...one, path }, {}, bodies[0]);
    }
  }
  assert.ok(sent > 1_000);
});
