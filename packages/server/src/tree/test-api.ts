import type {
  BatchError,
  DownloadUrl,
  File,
  FileDetail,
  FilePage,
  SharesAnswer,
} from '@valise/core/wire';
import fastify, { type InjectOptions } from 'fastify';
import type { Db } from '../db/database.ts';
import { createTestDatabase } from '../db/test-database.ts';
import type { App, Caller } from '../http/app.ts';
import { addBodyParsers } from '../http/body-parsers.ts';
import { addErrorReplies } from '../http/error-replies.ts';
import { validatorCompiler } from '../http/validation.ts';
import { createPerson } from './test-people.ts';

/** The members of all answers: a test reads those of the one that it expects. */
export type AnyBody = FileDetail &
  Pick<FilePage, 'items'> &
  SharesAnswer & {
    readonly cursor: string | null;
    readonly code: string;
    readonly field: string;
    readonly users: readonly string[];
    readonly fileIds: readonly string[];
    readonly version: number;
    readonly chunkEdits: readonly { at: number; remove: number; insert: unknown[] }[];
    readonly results: readonly (DownloadUrl & BatchError)[];
  };

export interface Answer {
  readonly status: number;
  readonly body: AnyBody;
  readonly raw: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** One person's view of the API: `ann('POST', '/folders', { name: 'x' })`. */
export interface Client {
  (
    method: NonNullable<InjectOptions['method']>,
    url: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  readonly who: Caller;
  folder(name: string, parentId?: string | null): Promise<File>;
}

export interface TestApi {
  readonly db: Db;
  person(name: string): Promise<Client>;
  close(): Promise<void>;
}

/**
 * For tests: routes on a database of their own, behind the gateway's validation and errors, but
 * signed in by a header that only says who it is.
 */
export async function startTestApi(routesOf: (db: Db) => (app: App) => void): Promise<TestApi> {
  const database = await createTestDatabase();
  const app: App = fastify();
  const people = new Map<string, Caller>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  addErrorReplies(app);
  addBodyParsers(app);
  app.addHook('onRequest', async (request) => {
    const caller = people.get(String(request.headers['x-person']));
    if (caller === undefined) throw new Error('nobody is signed in');
    request.caller = caller;
  });
  routesOf(database.db)(app);

  return {
    db: database.db,
    async person(name) {
      const caller = await createPerson(database.db, name);
      people.set(caller.userId, caller);
      return clientOf(app, caller);
    },
    async close() {
      await app.close();
      await database.close();
    },
  };
}

function clientOf(app: App, caller: Caller): Client {
  const call = async (
    method: NonNullable<InjectOptions['method']>,
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const answer = await app.inject({
      method,
      url,
      headers: { 'x-person': caller.userId, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    });
    const isJson = String(answer.headers['content-type']).includes('json');
    return {
      status: answer.statusCode,
      body: (isJson ? answer.json() : {}) as AnyBody,
      raw: answer.rawPayload,
      headers: answer.headers,
    };
  };
  return Object.assign(call, {
    who: caller,
    async folder(name: string, parentId: string | null = null): Promise<File> {
      const answer = await call('POST', '/folders', { name, parentId });
      if (answer.status !== 201) throw new Error(`no folder ${name}: ${answer.raw}`);
      return answer.body.file;
    },
  });
}
