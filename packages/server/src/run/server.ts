import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { createFeedCursors } from '../changes/feed-cursor.ts';
import { ensureEpoch } from '../changes/feed-history.ts';
import type { Config, S3Settings } from '../config/config.ts';
import { awaitDatabase } from '../db/await-database.ts';
import { type Db, openDatabase } from '../db/database.ts';
import { createEmbeddedPostgres } from '../db/embedded/embedded-postgres.ts';
import { onFeedsMoved } from '../db/feeds-moved.ts';
import { installationId } from '../db/installation-id.ts';
import { migrate } from '../db/migrate.ts';
import { examineAll } from '../doctor/examine.ts';
import type { DoctorOptions } from '../doctor/patient.ts';
import { createEventIntake } from '../events/event-intake.ts';
import { createApp } from '../http/create-app.ts';
import type { WebApp } from '../http/pages/web-app-routes.ts';
import type { FeedBus } from '../live/feed-bus.ts';
import { createPostgresFeedBus } from '../live/postgres-feed-bus.ts';
import { createRedisFeedBus } from '../live/redis-feed-bus.ts';
import { createStorage, type Storage } from '../storage/create-storage.ts';
import { markInstallation } from '../storage/installation-marks.ts';
import { countAllPending } from '../uploads/upload-store.ts';
import { systemAmbient } from './ambient.ts';
import { createEmbeddedObjects } from './embedded-objects.ts';
import { featuresOf, startWorkers } from './features.ts';
import { assertPortFree, explainListenFault } from './listen-on.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { OPS_HOST, startOpsServer } from './ops-server.ts';
import { patientOf } from './patient-of.ts';
import { createPhases, type Phases } from './phases.ts';
import { checkReadiness } from './readiness.ts';
import type { ServerDeps } from './server-deps.ts';
import { joinSharedPart } from './shared-part.ts';
import { startWebBuild } from './web-build.ts';

export interface RunningServer {
  /** Finishes what is in flight, then ends everything in the reverse order of its start. */
  close(): Promise<void>;
}

/**
 * Starts everything in order: object store and database, its tables, the API, the workers. Either
 * all of it runs in the end, or what had started is closed again and the fault thrown.
 */
export async function startServer(config: Config, log: FastifyBaseLogger): Promise<RunningServer> {
  const phases = createPhases(log);
  await assertPortFree({ host: config.host, port: config.port, variable: 'VALISE_PORT' });
  await assertPortFree({ host: OPS_HOST, port: config.opsPort, variable: 'VALISE_OPS_PORT' });
  const bundle = startWebBuild(config.data, log);
  try {
    const [{ db, url }, storage] = await together(
      startDatabase(phases, config, log),
      startStorage(phases, config, log),
    );
    await markInstallation(storage.store, await installationId(db));
    const cursors = createFeedCursors(config.jwtSecret);
    const bus = await startBus(phases, { db, url, redisUrl: config.redisUrl, log });
    const base = { db, bus, storage, cursors, config, log, ambient: systemAmbient };
    const intake = await phases.start('store events', async () => {
      const value = createEventIntake(base, { log });
      return { value, close: () => value.close() };
    });
    const deps: ServerDeps = { ...base, intake };
    const metrics = createMetrics({ pendingUploads: () => countAllPending(db) });
    // The operations port opens before the API, whose start it tells of, and closes after it.
    let isListening = false;
    await phases.start('operations port', async () => {
      const readiness = () =>
        checkReadiness({ db, store: storage.store, isListening: () => isListening });
      const doctor = async (options: DoctorOptions) =>
        // Whether somebody chose the secret isn't known any more: the server always has one.
        examineAll(await patientOf(config, { hasEventsSecret: false }), options);
      const value = await startOpsServer({ port: config.opsPort, metrics, readiness, doctor });
      log.info({ port: value.port }, 'Operations port open');
      return { value, close: () => value.close() };
    });
    const web = { bundle, origins: originsOf(storage) };
    await startApi(phases, deps, { metrics, web });
    isListening = true;
    await phases.start('workers', async () => {
      const value = startWorkers(deps);
      return { value, close: () => closeEach(value) };
    });
    return { close: () => phases.closeAll() };
  } catch (error) {
    await phases.closeAll();
    throw error;
  }
}

/** Unlike Promise.all, throws only when both are settled: nothing may start after the clean-up. */
async function together<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

async function startDatabase(phases: Phases, config: Config, log: FastifyBaseLogger) {
  const url = await phases.start('database', async () => {
    if ('url' in config.database) return { value: config.database.url };
    const part = await joinSharedPart(createEmbeddedPostgres(join(config.data, 'postgres')), {
      name: 'database',
      locks: join(config.data, 'locks', 'postgres'),
      log,
    });
    return { value: part.value, close: () => part.leave() };
  });
  await awaitDatabase(url);
  const applied = await migrate(url);
  if (applied.length > 0) log.info({ applied }, 'The database has its tables');
  const db = await phases.start('connections', async () => {
    let isClosing = false;
    const onConnectionLost = (error: Error) => {
      if (!isClosing) log.warn({ reason: error.message }, 'A database connection was lost');
    };
    const value = openDatabase({ url, onConnectionLost });
    const close = () => {
      isClosing = true;
      return value.destroy();
    };
    return { value, close };
  });
  return { db, url };
}

/** From each commit here to every server's sockets. */
async function startBus(phases: Phases, parts: BusParts): Promise<FeedBus> {
  const { db, log } = parts;
  // Before anything is written.
  if (await ensureEpoch(db)) log.info('A new epoch of the change feeds has begun');
  return phases.start('bus', async () => {
    const bus = openBus(parts);
    const unsubscribe = onFeedsMoved(db, (userIds) => bus.publish(userIds));
    const close = () => {
      unsubscribe();
      return bus.close();
    };
    return { value: bus, close };
  });
}

interface BusParts {
  readonly db: Db;
  readonly url: string;
  readonly redisUrl: string | null;
  readonly log: FastifyBaseLogger;
}

function openBus({ db, url, redisUrl, log }: BusParts): FeedBus {
  const onFault = (error: unknown, what: string) => log.warn({ err: error }, what);
  if (redisUrl !== null) return createRedisFeedBus({ url: redisUrl, onFault });
  // Whenever the database was away it may be another now.
  const beforeListening = async () => void (await ensureEpoch(db));
  return createPostgresFeedBus({ db, url, onFault, beforeListening });
}

async function startStorage(phases: Phases, config: Config, log: FastifyBaseLogger) {
  const settings = await phases.start<S3Settings>('object store', async () => {
    if (config.s3 !== null) return { value: config.s3 };
    const part = await joinSharedPart(createEmbeddedObjects(config), {
      name: 'object store',
      locks: join(config.data, 'locks', 'objects'),
      log,
    });
    return { value: part.value, close: () => part.leave() };
  });
  return phases.start('storage', async () => {
    const value = await createStorage(settings, { cdn: config.cdn });
    return { value, close: () => value.close() };
  });
}

/** Where clients are sent for file bytes. */
function originsOf({ uploads, downloads }: Storage): string[] {
  const any = { key: 'x', name: 'x', mimeType: 'x', size: 1 };
  const urls = [uploads.putObject(any).url, downloads.sign(any).url];
  return [...new Set(urls.map((url) => new URL(url).origin))];
}

async function startApi(
  phases: Phases,
  deps: ServerDeps,
  { metrics, web }: { readonly metrics: Metrics; readonly web: WebApp },
): Promise<void> {
  const { host, port } = deps.config;
  await phases.start('API', async () => {
    const app = await createApp({
      ...deps,
      features: featuresOf(deps),
      web,
      observe: (sample) => metrics.observeRequest(sample),
    });
    metrics.watchTraffic(app.server);
    try {
      await app.listen({ host, port });
    } catch (error) {
      await app.close();
      throw explainListenFault(error, { host, port, variable: 'VALISE_PORT' });
    }
    return { value: app, close: () => app.close() };
  });
}

async function closeEach(workers: ReturnType<typeof startWorkers>): Promise<void> {
  await Promise.all(workers.map((worker) => worker.close()));
}
