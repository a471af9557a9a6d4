import { AppError } from '@valise/core/errors';
import type { App } from './app.ts';

/** JSON bodies: 10 MB. */
export const JSON_LIMIT = 10_000_000;
/** A whole chunk list: 1,000,000 records of 36 bytes. */
export const OCTET_LIMIT = 36_000_000;

/** The one call that takes binary: chunk lists, never file bytes. */
const OCTET_ROUTE = /^\/files\/:\w+\/upload\/chunks$/;

/**
 * JSON everywhere, `application/octet-stream` on the one route for chunk lists, nothing else. A
 * missing or empty body counts as `{}`: calls whose members are all optional need none, and the
 * others name the member they miss.
 */
export function addBodyParsers(app: App): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>(
    /^application\/(?:json|[\w.-]+\+json)(?:;|$)/,
    { parseAs: 'string' },
    (request, body, done) => {
      if (body.trim() === '') done(null, undefined);
      else parseJson(request, body, done);
    },
  );

  const octetRoutes = new Set<string>();
  app.addHook('onRoute', (route) => {
    if (route.method !== 'PUT' || !OCTET_ROUTE.test(route.url)) return;
    octetRoutes.add(route.url);
    route.bodyLimit = OCTET_LIMIT;
  });
  app.addContentTypeParser<Buffer>(
    'application/octet-stream',
    { parseAs: 'buffer', bodyLimit: JSON_LIMIT },
    (_request, body, done) => done(null, body),
  );
  app.addHook('onRequest', (request, _reply, done) => {
    const isBinary = request.headers['content-type']?.startsWith('application/octet-stream');
    const refused = isBinary && !octetRoutes.has(request.routeOptions.url ?? '') && !request.is404;
    done(refused ? unsupportedMediaType() : undefined);
  });

  app.addHook('preValidation', (request, _reply, done) => {
    const wantsBody = request.routeOptions.schema?.body !== undefined;
    if (wantsBody && (request.body === undefined || request.body === null)) request.body = {};
    done();
  });
}

export function unsupportedMediaType(): AppError {
  return new AppError('unsupported-media-type', 'Send the body as application/json.');
}
