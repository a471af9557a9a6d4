import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@valise/core/errors';
import Type from 'typebox';
import type { App } from '../http/app.ts';
import { problems } from '../http/problem-responses.ts';
import type { EventIntake } from './event-intake.ts';
import { readMessage } from './read-message.ts';
import { member } from './store-event.ts';

/** A thousand records and more; queues and webhooks send a hundred at the most. */
const BODY_LIMIT = 1_000_000;

const Count = Type.Integer({ minimum: 0 });

const EventsAnswer = Type.Object({
  accepted: Count,
  ignored: Type.Object({
    foreignBucket: Count,
    otherKey: Count,
    otherEvent: Count,
    unreadable: Count,
    overload: Count,
  }),
});

const schema = {
  summary: 'Store events: what the object store says has happened',
  description:
    'For stores that call webhooks: AWS’s `Records` as S3, MinIO, Ceph and the embedded store send ' +
    'them, EventBridge’s events, S3’s test event. The bearer token is `VALISE_EVENTS_SECRET`; stores ' +
    'that send no headers put it into `token`. Answered before anything is done about it: an event ' +
    'is a hint, and may come twice, late or never.',
  operationId: 'storeEvents',
  tags: ['Operations'],
  querystring: Type.Object({ token: Type.Optional(Type.String()) }),
  body: Type.Object({}, { additionalProperties: true }),
  response: {
    200: EventsAnswer,
    ...problems('unauthenticated', 'body-too-large', 'invalid-value'),
  },
};

export interface EventRouteDeps {
  readonly intake: EventIntake;
  readonly secret: string;
}

/** `POST /events/s3` */
export function eventRoutes({ intake, secret }: EventRouteDeps): (app: App) => void {
  const wanted = digest(secret);
  return (app) => {
    app.post(
      '/events/s3',
      {
        config: { access: 'public' },
        bodyLimit: BODY_LIMIT,
        schema,
        // Before the body is read: a stranger's megabytes are not.
        onRequest: async ({ headers, query }) => {
          const token = bearerOf(headers) ?? member(query, 'token');
          if (typeof token === 'string' && timingSafeEqual(digest(token), wanted)) return;
          throw new AppError(
            'unauthenticated',
            'Send VALISE_EVENTS_SECRET as "Authorization: Bearer <secret>" or as ?token=.',
          );
        },
      },
      async ({ body }) => {
        const message = readMessage(body);
        if (message.kind === 'unreadable') {
          throw new AppError(
            'invalid-value',
            'This is no store event: S3’s "Records", an event of EventBridge, or a test event.',
            { details: { field: '' } },
          );
        }
        const { accepted, ignored } = intake.take(message);
        return { accepted, ignored };
      },
    );
  };
}

/** Of equal length whatever the secret's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Secrets may hold any characters. */
function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1];
}
