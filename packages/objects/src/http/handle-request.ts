import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { corsRules } from '../s3/cors-configuration.ts';
import type { S3Call, S3Reply } from '../s3/s3-call.ts';
import { S3Error } from '../s3/s3-error.ts';
import { xmlError } from '../s3/xml.ts';
import { encode, parseTarget, type Target } from '../sigv4/uri.ts';
import { type Credentials, verifyRequest } from '../sigv4/verify-request.ts';
import type { Storage } from '../storage/storage.ts';
import { bucketDomains, type Names, namesOf } from './address.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { atPace, type Pace } from './pace.ts';
import { createRequestBody } from './request-body.ts';
import { nextRequestId } from './request-id.ts';
import { route } from './route.ts';
import { sendContent } from './send-content.ts';

export interface HandlerDeps {
  readonly storage: Storage;
  readonly credentials: Credentials;
  readonly log: Logger;
  readonly now: () => Date;
  readonly pace: Pace;
  /** Public URL of the store, for answers that name an object. */
  readonly endpoint: () => string;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for a 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

/** For the rest of a body whose request was refused. */
const DISCARD_MS = 10_000;

/** Answers one request, whatever happens. */
export async function handleRequest(deps: HandlerDeps, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const id = nextRequestId();
  const started = performance.now();
  const headers = headersOf(request);
  const method = request.method ?? '';
  let failure: unknown = null;
  // Errors are readable from anywhere until it is known which bucket is meant.
  let cors = corsHeaders(null, headers, method);
  response.setHeader('x-amz-request-id', id);
  response.setHeader('server', 'Valise');
  try {
    const target = parseTarget(request.url ?? '');
    const names = namesOf(target, headers.get('host'), bucketDomains(deps.endpoint()));
    const rules = headers.has('origin') ? corsRules(deps.storage.index, names.bucket) : null;
    if (method === 'OPTIONS') {
      response.writeHead(204, preflightHeaders(rules, headers)).end();
    } else {
      cors = corsHeaders(rules, headers, method);
      const reply = await operate(deps, exchange, { target, names, headers });
      const whole = { ...reply, headers: { ...cors, ...reply.headers } };
      await send(response, whole, { headOnly: method === 'HEAD', pace: deps.pace });
    }
  } catch (error) {
    failure = error;
    sendError(exchange, error, { id, cors });
  }
  logOutcome(deps.log, exchange, { id, failure, ms: performance.now() - started });
}

async function operate(
  deps: HandlerDeps,
  exchange: Exchange,
  request: { target: Target; names: Names; headers: ReadonlyMap<string, string> },
): Promise<S3Reply> {
  const { storage, credentials } = deps;
  const { target, names, headers } = request;
  const method = exchange.request.method ?? '';
  const now = deps.now();
  const verified = verifyRequest({ method, target, headers }, credentials, now);
  const raw = atPace(rawBody(exchange), deps.pace);
  const call: S3Call = {
    storage,
    ...names,
    query: new Map(target.query),
    headers,
    body: createRequestBody({ headers, verified, keys: credentials.keys, raw }),
    location: `${deps.endpoint()}/${encode(names.bucket)}/${encode(names.key).replaceAll('%2F', '/')}`,
    now: now.getTime(),
  };
  return await route({ ...call, method })(call);
}

function headersOf({ rawHeaders }: IncomingMessage): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return headers;
}

async function* rawBody({ request, response, expectsContinue }: Exchange): AsyncGenerator<Buffer> {
  if (expectsContinue) response.writeContinue();
  try {
    // Not destroyed on an early end: the client shall read the answer.
    for await (const bytes of request.iterator({ destroyOnReturn: false })) yield bytes as Buffer;
  } catch (cause) {
    throw new S3Error('IncompleteBody', 'The connection ended before the body.', { cause });
  }
}

async function send(
  response: ServerResponse,
  reply: S3Reply,
  { headOnly, pace }: { headOnly: boolean; pace: Pace },
): Promise<void> {
  const { status, headers, body } = reply;
  if (typeof body === 'object') {
    response.writeHead(status, { ...headers });
    await sendContent(response, body, pace);
    return;
  }
  if (body === undefined) {
    const length = headOnly || status === 204 ? {} : { 'content-length': '0' };
    response.writeHead(status, { ...length, ...headers }).end();
    return;
  }
  const xml = {
    'content-type': 'application/xml',
    'content-length': String(Buffer.byteLength(body)),
  };
  response.writeHead(status, { ...xml, ...headers }).end(body);
}

function sendError(
  { request, response, expectsContinue }: Exchange,
  error: unknown,
  { id, cors }: { id: string; cors: Readonly<Record<string, string>> },
): void {
  const known =
    error instanceof S3Error ? error : new S3Error('InternalError', undefined, { cause: error });
  // Too late for a status: a cut connection tells the client that this is not the whole.
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const resource = (request.url ?? '').split('?', 1)[0] ?? '';
  const body = xmlError({
    Code: known.code,
    Message: known.message,
    Resource: resource,
    RequestId: id,
  });
  const bare = request.method === 'HEAD' || known.status === 304;
  response.writeHead(known.status, {
    ...cors,
    ...known.headers,
    // A client that was told no instead of 100 must not send its body on this connection.
    ...(expectsContinue && !request.complete ? { connection: 'close' } : {}),
    ...(known.status === 503 ? { 'retry-after': '1' } : {}),
    ...(bare
      ? {}
      : { 'content-type': 'application/xml', 'content-length': String(Buffer.byteLength(body)) }),
  });
  response.end(bare ? undefined : body);
  discardRest(request);
}

/** So that the client can read the answer while it still sends. Not for ever. */
function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.destroy(), DISCARD_MS);
  request.once('close', () => clearTimeout(timer));
  request.resume();
}

function logOutcome(
  log: Logger,
  { request, response }: Exchange,
  outcome: { id: string; failure: unknown; ms: number },
): void {
  const entry = {
    requestId: outcome.id,
    method: request.method,
    // Never the query: it may hold a signature.
    path: (request.url ?? '').split('?', 1)[0]?.slice(0, 1100),
    status: response.statusCode,
    ms: Math.round(outcome.ms * 10) / 10,
  };
  const { failure } = outcome;
  if (failure === null) log.debug(entry, 'request');
  else if (!(failure instanceof S3Error)) log.error({ ...entry, err: failure }, 'request failed');
  else if (failure.status < 500) log.info({ ...entry, code: failure.code }, 'request refused');
  else log.warn({ ...entry, code: failure.code }, 'request refused');
}
