import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Type from 'typebox';
import { testConfig } from '../config/test-config.ts';
import { featuresOf } from '../run/features.ts';
import type { ServerDeps } from '../run/server-deps.ts';
import type { App } from './app.ts';
import { createTestApp, type TestApp } from './test-app.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

describe('OpenAPI', () => {
  let t: TestApp;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON document, looked into freely
  let document: any;

  function watch(app: App): void {
    const body = Type.Object({ pair: Type.Tuple([Type.String(), Type.Integer()]) });
    app.post('/watched/:id', { schema: { body } }, () => ({}));
  }

  before(async () => {
    // Only described, never called: the features get nothing to work with.
    const bus = { subscribe: () => () => undefined, isConnected: () => true };
    const features = featuresOf({ config: testConfig(), bus } as unknown as ServerDeps);
    t = await createTestApp({ features: [watch, ...features] });
    document = (await t.app.inject('/openapi.json')).json();
  });
  after(() => t.close());

  test('the document is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(document);
    assert.deepEqual(result.errors, undefined);
    assert.equal(result.valid, true);
    assert.match(document.openapi, /^3\.1/);
  });

  test('it names every call, with an id of its own, summary and failures', () => {
    const calls = Object.entries<Record<string, Record<string, unknown>>>(document.paths).flatMap(
      ([path, item]) =>
        METHODS.filter((method) => method in item).map((method) => ({ path, ...item[method] })),
    );
    const own = calls.filter(({ path }) => path !== '/watched/{id}');
    const ids = own.map((call) => ('operationId' in call ? call.operationId : undefined));
    assert.equal(new Set(ids).size, own.length);
    for (const call of own) {
      assert.ok('summary' in call && 'tags' in call && 'responses' in call, call.path);
    }
    const paths = Object.keys(document.paths).join(' ');
    for (const path of [
      '/auth/register',
      '/auth/device/token',
      '/files/presigned-url',
      '/folders',
    ]) {
      assert.ok(paths.includes(path), path);
    }
    assert.ok(document.paths['/me'].get.security, 'needs a token');
    assert.equal(document.paths['/auth/login'].post.security, undefined);
  });

  test('tuples and problems are as JSON Schema 2020-12 has them', () => {
    const { post } = document.paths['/watched/{id}'];
    const { pair } = post.requestBody.content['application/json'].schema.properties;
    assert.deepEqual(pair.prefixItems, [{ type: 'string' }, { type: 'integer' }]);
    const problem = post.responses[401].content['application/problem+json'].schema;
    assert.deepEqual(problem, { $ref: '#/components/schemas/Problem' });
    assert.ok(document.components.schemas.Problem.properties.code);
  });
});
