import { feedRoutes } from '../changes/feed-routes.ts';
import { startFeedPruning } from '../changes/prune-feeds.ts';
import { downloadRoutes } from '../downloads/download-routes.ts';
import { eventRoutes } from '../events/event-routes.ts';
import { followQueue } from '../events/follow-queue.ts';
import { createSqsEventQueue } from '../events/sqs-event-queue.ts';
import { startFanoutWorker } from '../fanout/fanout-worker.ts';
import { fileRoutes } from '../files/file-routes.ts';
import { startTrashSweeper } from '../files/trash-sweeper.ts';
import type { App } from '../http/app.ts';
import { liveRoutes } from '../live/live-routes.ts';
import { shareRoutes } from '../shares/share-routes.ts';
import { uploadRoutes } from '../uploads/upload-routes.ts';
import { startUploadSweeper } from '../uploads/upload-sweeper.ts';
import type { ServerDeps } from './server-deps.ts';

/** What the API consists of besides accounts. A new feature adds its line here. */
export function featuresOf(deps: ServerDeps): readonly ((app: App) => void)[] {
  const onFault = (error: unknown, what: string) => deps.log.warn({ err: error }, what);
  return [
    uploadRoutes(deps),
    feedRoutes(deps),
    liveRoutes({ ...deps, onFault }),
    fileRoutes(deps),
    downloadRoutes(deps),
    shareRoutes(deps),
    eventRoutes({ intake: deps.intake, secret: deps.config.events.secret }),
  ];
}

export interface Worker {
  close(): Promise<void>;
}

/** What runs beside the requests, on every server; each shares its work out by the database. */
export function startWorkers(deps: ServerDeps): readonly Worker[] {
  return [
    startUploadSweeper(deps),
    startTrashSweeper(deps),
    startFanoutWorker(deps),
    startFeedPruning(deps),
    ...followedQueues(deps),
  ];
}

function followedQueues({ config, ambient, intake, log }: ServerDeps): readonly Worker[] {
  const settings = config.events.queue;
  if (settings === null || config.s3 === null) return [];
  const queue = createSqsEventQueue(settings, config.s3, () => ambient.now());
  return [followQueue({ queue, intake, log })];
}
