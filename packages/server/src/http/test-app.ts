import { randomUUID } from 'node:crypto';
import type { Session } from '@valise/core/wire';
import type { FastifySerializerCompiler } from 'fastify';
import { pino } from 'pino';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Config } from '../config/config.ts';
import { testConfig } from '../config/test-config.ts';
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts';
import { type Ambient, systemAmbient } from '../run/ambient.ts';
import type { App } from './app.ts';
import { type AppOptions, createApp } from './create-app.ts';
import { testBundle } from './pages/test-bundle.ts';

/** A signed-up person, ready to call. */
export interface TestUser {
  readonly session: Session;
  readonly email: string;
  readonly password: string;
  /** `{authorization: 'Bearer …'}` */
  readonly headers: Readonly<Record<string, string>>;
}

export interface TestApp {
  readonly app: App;
  readonly database: TestDatabase;
  readonly ambient: Ambient;
  /** Every log line so far. */
  readonly logLines: readonly string[];
  /** Opens a port of loopback, for what `app.inject` can't show. */
  listen(): Promise<number>;
  signUp(name?: string): Promise<TestUser>;
  /** Closes the app, and the database unless it was given. */
  close(): Promise<void>;
}

export interface TestAppOptions {
  readonly features?: AppOptions['features'];
  readonly config?: Partial<Config>;
  readonly ambient?: Ambient;
  /** To share one database among several apps, as several servers do. */
  readonly database?: TestDatabase;
  readonly observe?: NonNullable<AppOptions['observe']>;
  readonly revocationPollMs?: number;
}

/** The limits of a real server would be in the way of tests that sign many people up. */
const ROOMY = { perUser: 1_000_000, login: 1_000_000, address: 1_000_000 };

/** The real app on a real, empty database. */
export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const {
    features = [],
    ambient = systemAmbient,
    database: given,
    config: changes,
    ...rest
  } = options;
  const database = given ?? (await createTestDatabase());
  const logLines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) });
  const config = testConfig({ limits: ROOMY, ...changes });
  const app = await createApp({
    config,
    db: database.db,
    ambient,
    log,
    features,
    web: { bundle: async () => testBundle, origins: ['https://store.example'] },
    serializerCompiler: checkingSerializer,
    ...rest,
  });
  await app.ready();
  return {
    app,
    database,
    ambient,
    logLines,
    async listen() {
      return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
    },
    signUp: (name = 'Ann') => signUp(app, name),
    async close() {
      await app.close();
      if (given === undefined) await database.close();
    },
  };
}

async function signUp(app: App, name: string): Promise<TestUser> {
  const account = { email: `${randomUUID()}@example.org`, password: 'correct horse battery' };
  const answer = await app.inject({
    method: 'POST',
    url: '/auth/register',
    payload: { ...account, name, device: `${name}’s device` },
  });
  if (answer.statusCode !== 201) throw new Error(`register: ${answer.statusCode} ${answer.body}`);
  const session = answer.json<Session>();
  return { ...account, session, headers: { authorization: `Bearer ${session.accessToken}` } };
}

/** An answer that isn't what its schema promises becomes a 500, so that the test fails. */
const checkingSerializer: FastifySerializerCompiler<TSchema> = ({ schema, method, url }) => {
  if ('$ref' in schema) return JSON.stringify;
  const validator = Compile(schema);
  return (answer) => {
    // As a client sees it: dates are text, undefined members are gone.
    const text = JSON.stringify(answer);
    const seen: unknown = JSON.parse(text);
    if (validator.Check(seen)) return text;
    const misfits = validator
      .Errors(seen)
      .map(({ instancePath, message }) => `${instancePath} ${message}`);
    throw new Error(`${method} ${url} answers against its schema: ${misfits.join('; ')}`);
  };
};
