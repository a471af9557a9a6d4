import { hash } from 'node:crypto';
import { createSigV4, type SigningCredentials } from '../storage/sigv4.ts';
import type { EventQueue, QueuedMessage } from './event-queue.ts';
import { member } from './store-event.ts';

/*
 * Amazon SQS by its JSON protocol: two calls, signed by the code that signs for S3. Source: "Making
 * requests to Amazon SQS using the AWS JSON protocol", SQS developer guide.
 */

export interface SqsSettings {
  /** `https://sqs.<region>.amazonaws.com/<account>/<name>`, or a queue that speaks the same. */
  readonly url: string;
  readonly region: string;
}

/** The most that SQS hands out at once, and the longest that it waits. */
const MOST_MESSAGES = 10;
const WAIT_SECONDS = 20;
/** By then what was not removed comes again; acting on a message takes a second or two. */
const INVISIBLE_SECONDS = 60;
const ANSWER_MS = (WAIT_SECONDS + 10) * 1000;

export function createSqsEventQueue(
  { url, region }: SqsSettings,
  credentials: SigningCredentials,
  now: () => Date,
): EventQueue {
  const { origin, host } = new URL(url);
  const sigv4 = createSigV4(credentials, region, 'sqs');

  async function call(action: string, input: object, signal?: AbortSignal): Promise<unknown> {
    const body = JSON.stringify({ QueueUrl: url, ...input });
    const { host: _, ...headers } = sigv4.authorize(
      {
        method: 'POST',
        host,
        path: '/',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `AmazonSQS.${action}`,
        },
        payloadHash: hash('sha256', body),
      },
      now(),
    );
    const patience = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(`${origin}/`, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    });
    const text = await answer.text();
    if (!answer.ok)
      throw new Error(`${action} was answered ${answer.status}: ${complaintOf(text)}`);
    return JSON.parse(text);
  }

  return {
    async receive({ signal }) {
      const input = {
        MaxNumberOfMessages: MOST_MESSAGES,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: INVISIBLE_SECONDS,
      };
      const messages = member(await call('ReceiveMessage', input, signal), 'Messages');
      return Array.isArray(messages) ? messages.flatMap(readMessage) : [];
    },
    async remove(messages) {
      const Entries = messages.map(({ receipt }, index) => ({
        Id: String(index),
        ReceiptHandle: receipt,
      }));
      await call('DeleteMessageBatch', { Entries });
    },
  };
}

function readMessage(message: unknown): readonly QueuedMessage[] {
  const body = member(message, 'Body');
  const receipt = member(message, 'ReceiptHandle');
  return typeof body === 'string' && typeof receipt === 'string' ? [{ body, receipt }] : [];
}

/** `{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "…"}` as one line. */
function complaintOf(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'nothing readable';
  }
  const type = String(member(value, '__type') ?? '').replace(/^.*#/, '');
  const message = member(value, 'message') ?? member(value, 'Message') ?? '';
  return `${type} ${String(message)}`.trim().slice(0, 300);
}
