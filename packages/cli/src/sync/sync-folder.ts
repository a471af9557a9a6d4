import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createKnownVersions } from '@valise/client-node';
import { type Agent, FolderChoiceError, openAgent, RootMissing } from '@valise/sync';
import { rememberFingerprints } from '../put/fingerprint-cache.ts';
import { mimeTypeOf } from '../put/mime-type.ts';
import { CliError } from '../run/cli-error.ts';
import type { TransferLimits } from '../run/connection.ts';
import type { Context } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';
import { eventLine, heldLine } from './agent-report.ts';
import {
  type ControlRefusal,
  type ControlRequest,
  serveControl,
  socketPath,
} from './control-socket.ts';
import { keepSmall } from './keep-small.ts';
import { showLive } from './live-line.ts';
import { createProgress, type SyncProgress } from './progress.ts';
import { remoteFolder } from './remote-folder.ts';
import { openSyncLog } from './sync-log.ts';

/** Of what waits, `status` names so many. */
const SHOWN_WAITING = 20;

export interface SyncOptions {
  readonly once?: true;
  readonly acceptDeletes?: true;
  readonly acceptEdits?: true;
  readonly leave?: true;
  readonly bringBack?: true;
  readonly newRoot?: true;
  /** Folders of the server that aren't wanted here. */
  readonly without: readonly string[];
  /** Bytes a second. */
  readonly limitUp?: number;
  readonly limitDown?: number;
}

/** Keeps a folder and the server's root in step, once or until it is interrupted. */
export async function syncFolder(
  context: Context,
  folder: string,
  options: SyncOptions,
): Promise<ExitCode> {
  keepSmall();
  const without = options.without.map(remoteFolder);
  const { env, out, signal } = context;
  const connection = await context.connect({ limits: limitsOf(options) });
  const tokens = await connection.tokens.load();
  mkdirSync(env.stateDir, { recursive: true });
  const log = openSyncLog(join(env.stateDir, 'sync.log'), {
    onFault: (error) =>
      out.note(`Going on without the log: ${error instanceof Error ? error.message : error}`),
  });
  const progress = createProgress();
  const agent = open({
    folder: resolve(folder),
    database: join(
      env.stateDir,
      databaseName(resolve(folder), connection.api.server, tokens?.user.id),
    ),
    api: connection.api,
    transfer: {
      ...connection.transfer,
      // What was half sent, or changes in part, is gigabytes that needn't be read again.
      hasher: rememberFingerprints(connection.transfer.hasher, {
        folder: join(env.stateDir, 'fingerprints'),
        now: connection.now,
      }),
    },
    versions: createKnownVersions(join(env.stateDir, 'versions'), connection.api.server),
    deviceName: tokens?.device.name ?? env.deviceName,
    mimeTypeOf,
    newRoot: options.newRoot === true,
    onEvent(event) {
      log.event(event);
      progress.event(event);
      const line = eventLine(event);
      if (line === null) return;
      out.result({ type: 'change', operation: event.operation.kind, path: event.path }, null);
      out.note(line);
    },
    onQuestion: () => log.note(heldLine(agent.status)),
  });
  const control = await serveControl(socketPath(env.stateDir), (request) =>
    obey(agent, progress, request),
  );
  const live = showLive(agent, { out, progress });
  try {
    // An agent that only starts again stays paused; a person who wants something now says so.
    if (options.once === true || isDecision(options)) agent.resume(options);
    if (without.length > 0) await agent.leaveOut(without, signal);
    if (options.once !== true) {
      await agent.run(signal);
      return EXIT.interrupted;
    }
    await agent.syncOnce(signal);
    live.stop();
    return summarise(context, agent);
  } catch (error) {
    if (error instanceof RootMissing) throw new CliError('root-missing', error.message);
    if (error instanceof FolderChoiceError) throw new CliError('refused', error.message);
    throw error;
  } finally {
    live.stop();
    control.close();
    agent.close();
  }
}

function limitsOf({ limitUp, limitDown }: SyncOptions): TransferLimits {
  return {
    ...(limitUp === undefined ? {} : { up: limitUp }),
    ...(limitDown === undefined ? {} : { down: limitDown }),
  };
}

function open(options: Parameters<typeof openAgent>[0]): Agent {
  try {
    return openAgent(options);
  } catch (error) {
    if (error instanceof RootMissing) throw new CliError('root-missing', error.message);
    if (error instanceof Error && /database is locked/.test(error.message)) {
      throw new CliError(
        'agent-running',
        'This folder is being synced already. See: valise status',
      );
    }
    throw error;
  }
}

/** A folder, a server and a person: another one of these is another sync. */
function databaseName(folder: string, server: string, user = ''): string {
  const id = createHash('sha256').update(`${folder}\n${server}\n${user}`).digest('hex');
  return `sync-${id.slice(0, 12)}.db`;
}

function isDecision({ acceptDeletes, acceptEdits, leave, bringBack }: SyncOptions): boolean {
  return [acceptDeletes, acceptEdits, leave, bringBack].includes(true);
}

/** Answers the status afterwards, or why not. */
async function obey(
  agent: Agent,
  progress: SyncProgress,
  request: ControlRequest,
): Promise<object> {
  if (request.command === 'pause') agent.pause();
  if (request.command === 'resume') agent.resume(request);
  if (request.command === 'choose') {
    try {
      await agent.choose(request.path, request);
    } catch (error) {
      const refused = error instanceof Error ? error.message : String(error);
      return { refused } satisfies ControlRefusal;
    }
  }
  const { folder, state, pending, files, sent, received, ...status } = agent.status;
  const { held, heldEdits, removedShares, deselected, problems } = status;
  const questions = { held, heldEdits, removedShares };
  const moved = { sent, received };
  const answer = { folder, state, pending, files, ...moved, ...questions, deselected, problems };
  if (request.command !== 'status') return answer;
  if (request.path !== undefined) return { ...answer, asked: agent.look(request.path) };
  return { ...answer, ...progress.now(), waiting: agent.waiting(SHOWN_WAITING) };
}

function summarise({ out, signal }: Context, agent: Agent): ExitCode {
  signal.throwIfAborted();
  const { status } = agent;
  const { files, sent, received, problems } = status;
  for (const { path, reason } of problems) {
    out.result({ type: 'problem', path, reason }, null);
    out.note(`${path}: ${reason}`);
  }
  out.result({ type: 'summary', files, sent, received, problems: problems.length }, null);
  if (status.state === 'offline') {
    throw new CliError('server-away', "The server can't be reached. Nothing is lost; try again.");
  }
  if (status.state === 'held') throw new CliError('held', heldLine(status));
  return problems.length > 0 ? EXIT.partlyDone : EXIT.done;
}
