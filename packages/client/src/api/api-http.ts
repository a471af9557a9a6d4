import { isAppError } from '@valise/core/errors';
import type { Static, TSchema } from 'typebox';
import type { Validator } from 'typebox/compile';
import { Check, Errors } from 'typebox/value';
import { ClientError } from '../errors/client-error.ts';
import type { Ambient, IoOptions, Transport, TransportAnswer } from '../ports.ts';
import { LONG_PATIENCE, SHORT_PATIENCE, withRetry } from '../retry/with-retry.ts';
import { errorOfAnswer } from './answer-errors.ts';
import type { Session } from './session.ts';

/** The server answers everything but a long completion within a second. */
const IDLE_TIMEOUT_MS = 60_000;

export interface CallOptions extends IoOptions {
  /** Ride out a restart of the server; else a call gives up after about two seconds. */
  readonly patient?: boolean;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Bytes travel as they are, everything else as JSON. */
  readonly body?: unknown;
  /** `public`: without a token. */
  readonly access?: 'public';
  /** False where a repeat could do something twice. */
  readonly repeatable?: boolean;
  readonly accept?: string;
}

/** HTTP with our conventions: tokens, problem documents, retries, checked answers. */
export interface ApiHttp {
  /** The answer's JSON, checked against `schema`: it is trusted from here on. */
  json<S extends TSchema>(
    request: ApiRequest,
    schema: S,
    options?: CallOptions,
  ): Promise<{ readonly status: number; readonly body: Static<S> }>;
  bytes(request: ApiRequest, options?: CallOptions): Promise<Uint8Array>;
  /** For answers without a body. */
  none(request: ApiRequest, options?: CallOptions): Promise<void>;
}

export interface ApiHttpDeps {
  readonly server: string;
  readonly transport: Transport;
  readonly ambient: Ambient;
  /** Sent with every call. */
  readonly headers: Readonly<Record<string, string>>;
  /** Lazily, because a session itself refreshes through this. */
  session(): Session;
}

interface Whole {
  readonly status: number;
  readonly bytes: Uint8Array;
}

export function createApiHttp(deps: ApiHttpDeps): ApiHttp {
  const once = async (request: ApiRequest, options: CallOptions): Promise<Whole> => {
    if (request.access === 'public') return exchange(deps, request, { ...options, token: null });
    const token = await deps.session().accessToken();
    try {
      return await exchange(deps, request, { ...options, token });
    } catch (error) {
      if (!isAppError(error, 'unauthenticated')) throw error;
      const renewed = await deps.session().renew(token);
      return exchange(deps, request, { ...options, token: renewed });
    }
  };
  const call = (request: ApiRequest, options: CallOptions = {}): Promise<Whole> => {
    if (request.repeatable === false) return once(request, options);
    const policy = options.patient ? LONG_PATIENCE : SHORT_PATIENCE;
    return withRetry(() => once(request, options), { ...options, ambient: deps.ambient, policy });
  };
  return {
    async json(request, schema, options) {
      const { status, bytes } = await call(request, options);
      return { status, body: await parseAnswer(bytes, schema, request) };
    },
    bytes: async (request, options) => (await call(request, options)).bytes,
    none: async (request, options) => {
      await call(request, options);
    },
  };
}

async function exchange(
  deps: ApiHttpDeps,
  request: ApiRequest,
  options: CallOptions & { readonly token: string | null },
): Promise<Whole> {
  const answer = await deps.transport.send({
    method: request.method,
    url: deps.server + request.path + queryString(request.query),
    headers: { ...deps.headers, ...headersOf(request, options.token) },
    ...bodyOf(request),
    signal: options.signal,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  });
  if (answer.status >= 400) throw await errorOfAnswer(answer);
  return readWhole(answer);
}

async function readWhole(answer: TransportAnswer): Promise<Whole> {
  return { status: answer.status, bytes: await answer.bytes() };
}

function headersOf(request: ApiRequest, token: string | null): Record<string, string> {
  const headers: Record<string, string> = { accept: request.accept ?? 'application/json' };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  if (request.body instanceof Uint8Array) headers['content-type'] = 'application/octet-stream';
  else if (request.body !== undefined) headers['content-type'] = 'application/json';
  return headers;
}

function bodyOf({ body }: ApiRequest): { readonly body?: Uint8Array | string } {
  if (body === undefined) return {};
  return { body: body instanceof Uint8Array ? body : JSON.stringify(body) };
}

function queryString(query: ApiRequest['query'] = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** Checking so much by interpretation takes longer than loading the compiler, 0.25 s. */
const WORTH_COMPILING = 64 * 1024;
const compiled = new WeakMap<TSchema, Validator>();

async function isValid(schema: TSchema, value: unknown, bytes: number): Promise<boolean> {
  const known = compiled.get(schema);
  if (known !== undefined) return known.Check(value);
  if (bytes < WORTH_COMPILING) return Check(schema, value);
  const { Compile } = await import('typebox/compile');
  const validator = Compile(schema);
  compiled.set(schema, validator);
  return validator.Check(value);
}

async function parseAnswer<S extends TSchema>(
  bytes: Uint8Array,
  schema: S,
  request: ApiRequest,
): Promise<Static<S>> {
  const value = parseJson(bytes, request);
  if (await isValid(schema, value, bytes.length)) return value as Static<S>;
  const fault = Errors(schema, value)[0];
  const where = `${request.method} ${request.path}`;
  throw new ClientError(
    'broken-answer',
    `The answer to ${where} is not as agreed: ${fault?.instancePath ?? ''} ${fault?.message ?? ''}`,
  );
}

function parseJson(bytes: Uint8Array, request: ApiRequest): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    const where = `${request.method} ${request.path}`;
    throw new ClientError('broken-answer', `The answer to ${where} is no JSON.`, { cause });
  }
}
