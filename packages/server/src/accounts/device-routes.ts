import { AppError } from '@valise/core/errors';
import { type DeviceId, isUuid, parseId } from '@valise/core/ids';
import { DevicePage, PageQuery, Uuid } from '@valise/core/wire';
import Type from 'typebox';
import type { Db } from '../db/database.ts';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import { type DevicePosition, listDevices } from './device-store.ts';
import type { Sessions } from './sessions.ts';

export interface DeviceRouteDeps {
  readonly db: Db;
  readonly sessions: Sessions;
}

const tags = ['Devices'];
const DEFAULT_LIMIT = 100;

/** The caller's logins: to list, and to end from afar. */
export function deviceRoutes(app: App, { db, sessions }: DeviceRouteDeps): void {
  app.get(
    '/devices',
    {
      schema: {
        summary: 'My devices, the newest first',
        operationId: 'listDevices',
        tags,
        querystring: PageQuery,
        response: { 200: DevicePage, ...problems('bad-cursor') },
      },
    },
    async (request, reply) => {
      const { cursor, limit = DEFAULT_LIMIT } = request.query;
      const { userId, deviceId } = request.caller;
      const after = cursor === undefined ? undefined : parseCursor(cursor);
      const found = await listDevices(db, userId, { after, limit: limit + 1 });
      const devices = found.slice(0, limit);
      const last = devices.at(-1);
      return reply.send({
        items: devices.map(({ id, name, createdAt, lastSeenAt }) => ({
          id,
          name,
          createdAt: createdAt.toISOString(),
          lastSeenAt: lastSeenAt.toISOString(),
          current: id === deviceId,
        })),
        cursor: last !== undefined && found.length > limit ? formatCursor(last) : null,
      });
    },
  );
  app.delete(
    '/devices/:id',
    {
      schema: {
        summary: 'End a device’s login; its tokens stop within 5 s',
        operationId: 'revokeDevice',
        tags,
        params: Type.Object({ id: Uuid }),
        response: { 204: Type.Null({ description: 'Ended' }), ...problems('device-not-found') },
      },
    },
    async (request, reply) => {
      const id = parseId<DeviceId>(request.params.id, 'id');
      const { userId } = request.caller;
      if (!(await sessions.end({ id, userId, end: 'revoked' }))) {
        throw new AppError('device-not-found', 'You have no such device.');
      }
      return reply.code(204).send(null);
    },
  );
}

function formatCursor({ createdAt, id }: DevicePosition): string {
  return Buffer.from(`${createdAt.toISOString()} ${id}`).toString('base64url');
}

function parseCursor(cursor: string): DevicePosition {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const createdAt = new Date(time);
  if (!/^2\d{3}-.{19}$/.test(time) || Number.isNaN(createdAt.getTime()) || !isUuid(id)) {
    throw new AppError('bad-cursor');
  }
  return { createdAt, id: parseId(id, 'cursor') };
}
