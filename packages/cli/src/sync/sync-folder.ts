import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createKnownVersions } from '@valise/client-node';
import { type Agent, type AgentEvent, openAgent, RootMissing } from '@valise/sync';
import { mimeTypeOf } from '../put/mime-type.ts';
import { CliError } from '../run/cli-error.ts';
import type { Context } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';
import { eventLine, heldLine } from './agent-report.ts';
import { type ControlRequest, serveControl, socketPath } from './control-socket.ts';
import { showLive } from './live-line.ts';

export interface SyncOptions {
  readonly once?: true;
  readonly acceptDeletes?: true;
  readonly leave?: true;
  readonly bringBack?: true;
  readonly newRoot?: true;
}

/** Keeps a folder and the server's root in step, once or until it is interrupted. */
export async function syncFolder(
  context: Context,
  folder: string,
  options: SyncOptions,
): Promise<ExitCode> {
  const { env, out, signal } = context;
  const connection = await context.connect();
  const tokens = await connection.tokens.load();
  const log = openLog(env.stateDir);
  mkdirSync(env.stateDir, { recursive: true });
  const agent = open({
    folder: resolve(folder),
    database: join(
      env.stateDir,
      databaseName(resolve(folder), connection.api.server, tokens?.user.id),
    ),
    api: connection.api,
    transfer: connection.transfer,
    versions: createKnownVersions(join(env.stateDir, 'versions'), connection.api.server),
    deviceName: tokens?.device.name ?? env.deviceName,
    mimeTypeOf,
    newRoot: options.newRoot === true,
    onEvent(event) {
      log(event);
      const line = eventLine(event);
      if (line === null) return;
      out.result({ type: 'change', operation: event.operation.kind, path: event.path }, null);
      out.note(line);
    },
  });
  const control = await serveControl(socketPath(env.stateDir), (request) => obey(agent, request));
  const live = showLive(agent, out);
  try {
    agent.resume(options);
    if (options.once !== true) {
      await agent.run(signal);
      return EXIT.interrupted;
    }
    await agent.syncOnce(signal);
    live.stop();
    return summarise(context, agent);
  } catch (error) {
    throw error instanceof RootMissing ? new CliError('root-missing', error.message) : error;
  } finally {
    live.stop();
    control.close();
    agent.close();
  }
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

/** Every change and failure, with its time, for whoever wants to know later. */
function openLog(stateDir: string): (event: AgentEvent) => void {
  const path = join(stateDir, 'sync.log');
  return (event) => {
    const line = eventLine(event);
    const failure =
      event.kind === 'failed'
        ? `failed: ${event.operation.kind} ${event.path}: ${event.error}`
        : null;
    const text = line ?? failure;
    if (text !== null) appendFileSync(path, `${new Date().toISOString()} ${text}\n`);
  };
}

function obey(agent: Agent, request: ControlRequest): unknown {
  if (request.command === 'pause') agent.pause();
  if (request.command === 'resume') agent.resume(request);
  const { folder, state, pending, files, sent, received, ...status } = agent.status;
  const { held, removedShares, problems } = status;
  return { folder, state, pending, files, sent, received, held, removedShares, problems };
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
