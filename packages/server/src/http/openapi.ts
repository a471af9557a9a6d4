import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { ERROR_CODES } from '@valise/core/errors';
import type { App } from './app.ts';
import { ANY_PROBLEM, ProblemDocument, problemResponse } from './problem-responses.ts';

const DESCRIPTION = `Files go straight to an object store by presigned URLs and come from it by signed URLs;
no file byte passes through this API. Errors are RFC 9457 problem documents whose \`code\` is one of:
${ERROR_CODES.map((code) => `\`${code}\``).join(', ')}.`;

/**
 * `/openapi.json` from the very schemas that validate, and `/docs` to read and try it. Comes before
 * the routes: it listens to their registration.
 */
export async function addOpenApi(app: App, version: string): Promise<void> {
  app.addSchema(ProblemDocument);
  await app.register(swagger, {
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, n) => String(schema.$id ?? `schema-${n}`),
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Valise',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      // Relative to the document: the server is where this was read.
      servers: [{ url: '/' }],
      components: {
        securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    },
    transform: ({ schema, url, route }) => {
      const isPublic = route.config?.access === 'public';
      return { schema: withCommonAnswers(schema ?? {}, isPublic), url };
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) throw new Error('swagger is not in OpenAPI mode');
      return asJsonSchema2020(document.openapiObject);
    },
  });
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
      route.schema = { ...route.schema, hide: true };
    });
    await docs.register(swaggerUi, {
      routePrefix: '/docs',
      theme: { title: 'Valise API' },
      uiConfig: { layout: 'BaseLayout', docExpansion: 'list' },
    });
    docs.get('/openapi.json', (_request, reply) => reply.send(app.swagger()));
  });
}

/** What every route may answer besides its own. */
function withCommonAnswers(schema: object, isPublic: boolean): object {
  const own = 'response' in schema ? (schema.response as object) : {};
  const hasInput = 'body' in schema || 'querystring' in schema || 'params' in schema;
  const response: Record<string, unknown> = {
    ...(hasInput ? { 400: problemResponse(['malformed-request']) } : {}),
    ...(isPublic ? {} : { 401: problemResponse(['unauthenticated', 'session-ended']) }),
    429: problemResponse(['rate-limited']),
    ...own,
    default: ANY_PROBLEM,
  };
  for (const [status, answer] of Object.entries(response)) {
    response[status] = withDescription(status, answer as object);
  }
  return { ...schema, response, ...(isPublic ? {} : { security: [{ bearer: [] }] }) };
}

/** OpenAPI wants a description of every answer. */
function withDescription(status: string, answer: object): object {
  if ('description' in answer) return answer;
  return { ...answer, description: status.startsWith('2') ? 'Done' : 'Failed' };
}

/** Tuples as TypeBox writes them belong to older drafts; OpenAPI 3.1 speaks JSON Schema 2020-12. */
function asJsonSchema2020<T>(node: T): T {
  if (Array.isArray(node)) return node.map(asJsonSchema2020) as T;
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, asJsonSchema2020(value)]);
  const copy = Object.fromEntries(entries);
  if (!Array.isArray(copy.items)) return copy;
  const { items, additionalItems, ...rest } = copy;
  return {
    ...rest,
    prefixItems: items,
    ...(additionalItems === false ? { items: false } : {}),
  } as T;
}
