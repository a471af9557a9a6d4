import { AppError, type ErrorCode, isErrorCode, problemOf } from '@valise/core/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { asAppError } from '../db/database-errors.ts';
import { allowedMethods } from './allowed-methods.ts';
import type { App } from './app.ts';

/** Answers somebody who came by a browser's address bar or a link; false where it can't. */
export type LostPage = (reply: FastifyReply) => Promise<boolean>;

/**
 * Everything that fails answers `application/problem+json`; what nobody foresaw, a bare 500. An
 * address that leads nowhere is told to people by a page.
 */
export function addErrorReplies(app: App, sendLostPage: LostPage = async () => false): void {
  const methodsOf = allowedMethods(app);
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler(async (request, reply) => {
    const allow = methodsOf(request.url);
    if (allow.length === 0) {
      if (wantsPage(request) && (await sendLostPage(reply))) return reply;
      return sendError(new AppError('not-found'), request, reply);
    }
    reply.header('allow', allow.join(', '));
    return sendError(new AppError('method-not-allowed'), request, reply);
  });
}

/**
 * A browser that goes somewhere. That HTML is taken says too little: Java's own client says so of
 * itself. Over plain HTTP browsers leave out `Sec-Fetch-*`; there the wish for HTTPS tells them.
 */
function wantsPage({ method, headers }: FastifyRequest): boolean {
  if (method !== 'GET' || headers.accept?.includes('text/html') !== true) return false;
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate';
  return headers['upgrade-insecure-requests'] === '1';
}

/** For addresses that can't even be looked up; no hook sees these requests. */
export function refuseUnroutable(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers({ 'x-content-type-options': 'nosniff', 'x-request-id': request.id });
  sendError(error, request, reply);
}

function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = asAppError(thrown) ?? fromFastify(thrown) ?? unforeseen(thrown);
  if (error.status >= 500) request.log.error(describe(thrown), `failed: ${error.code}`);
  if (error.status === 401) reply.header('www-authenticate', 'Bearer');
  if (error.retryAfter !== undefined) reply.header('retry-after', Math.ceil(error.retryAfter));
  return reply
    .code(error.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problemOf(error, request.id)));
}

const FASTIFY_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-request',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-request',
  FST_ERR_BAD_URL: 'malformed-request',
  FST_ERR_MAX_PARAM_LENGTH: 'not-found',
};

const DETAILS: Readonly<Partial<Record<ErrorCode, string>>> = {
  'body-too-large': 'The body is larger than this call takes. Send less at once.',
  'unsupported-media-type': 'Send the body as application/json.',
  'malformed-request': 'The request could not be read.',
};

/** What Fastify and its parsers throw at a client's mistake. Their words may quote the body. */
function fromFastify(thrown: unknown): AppError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const known = 'code' in thrown ? FASTIFY_CODES[String(thrown.code)] : undefined;
  const isClients = 'statusCode' in thrown && thrown.statusCode === 400;
  const code = known ?? (isClients ? 'malformed-request' : undefined);
  if (code === undefined) return undefined;
  const isSyntax = thrown instanceof SyntaxError || thrown.message.includes('JSON');
  const detail = isSyntax ? 'The body is not valid JSON.' : DETAILS[code];
  return new AppError(code, detail, { cause: thrown });
}

function unforeseen(cause: unknown): AppError {
  return new AppError('internal', 'The server has logged the cause under this requestId.', {
    cause,
  });
}

/** Of an error only what can't hold a value that someone sent: database errors quote rows. */
function describe(thrown: unknown): object {
  if (!(thrown instanceof Error)) return { error: { kind: typeof thrown } };
  const code = 'code' in thrown && !isErrorCode(thrown.code) ? { code: thrown.code } : {};
  const cause = thrown.cause === undefined ? {} : { cause: describe(thrown.cause) };
  return {
    error: { name: thrown.name, message: thrown.message, stack: thrown.stack, ...code, ...cause },
  };
}
