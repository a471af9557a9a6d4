import { createHash, createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignatureV4 } from '@smithy/signature-v4';

/*
 * For tests: one queue that answers as Amazon's documentation of SQS's JSON protocol says: signed
 * requests, long polls, receipts that belong to one delivery, messages that come again when they
 * have not been removed in time. Signatures are checked by AWS's own library.
 */

interface Message {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receipt: string | null;
}

export interface TestQueue {
  readonly url: string;
  /** Puts a message in. */
  send(body: string): void;
  /** Messages that have not been removed. */
  readonly left: number;
  readonly deliveries: number;
  /** When the last message was removed. */
  untilEmpty(): Promise<void>;
  close(): Promise<void>;
}

export interface TestQueueOptions {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** In place of the VisibilityTimeout that is asked for. */
  readonly invisibleMs?: number;
}

export async function startTestQueue(options: TestQueueOptions): Promise<TestQueue> {
  const messages: Message[] = [];
  let deliveries = 0;
  let arrived: () => void = () => undefined;
  let emptied: () => void = () => undefined;
  let url = '';

  const take = (most: number, seconds: number): readonly Message[] => {
    const now = Date.now();
    const visible = messages.filter((one) => one.visibleAt <= now).slice(0, most);
    for (const one of visible) {
      one.visibleAt = now + (options.invisibleMs ?? seconds * 1000);
      one.receipt = randomUUID();
      deliveries++;
    }
    return visible;
  };

  /** The signal is the asker's hanging up: what is handed out then would be lost for a while. */
  async function receive(input: Record<string, unknown>, gone: AbortSignal): Promise<object> {
    const { MaxNumberOfMessages = 1, WaitTimeSeconds = 0, VisibilityTimeout = 30 } = input;
    const most = Number(MaxNumberOfMessages);
    if (most < 1 || most > 10) throw new Refusal('InvalidParameterValue', 'between 1 and 10');
    const end = Date.now() + Number(WaitTimeSeconds) * 1000;
    for (;;) {
      const taken = gone.aborted ? [] : take(most, Number(VisibilityTimeout));
      // An empty answer has no `Messages` at all.
      if (taken.length > 0) return { Messages: taken.map(shown) };
      if (Date.now() >= end || gone.aborted) return {};
      await new Promise<void>((resolve) => {
        arrived = resolve;
        setTimeout(resolve, 50);
      });
    }
  }

  function removeBatch(input: Record<string, unknown>): object {
    const entries = input.Entries as readonly { Id: string; ReceiptHandle: string }[];
    if (entries.length === 0) throw new Refusal('EmptyBatchRequest', 'no entries');
    if (entries.length > 10) throw new Refusal('TooManyEntriesInBatchRequest', 'more than 10');
    if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
      throw new Refusal('BatchEntryIdsNotDistinct', 'ids repeat');
    }
    for (const { ReceiptHandle } of entries) {
      const at = messages.findIndex((one) => one.receipt === ReceiptHandle);
      if (at >= 0) messages.splice(at, 1);
    }
    if (messages.length === 0) emptied();
    return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
  }

  const server = createServer(async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const body = await textOf(request);
      await checkSignature(request, body, options);
      if (request.headers['content-type'] !== 'application/x-amz-json-1.0') {
        throw new Refusal('SerializationException', 'not the JSON protocol');
      }
      const input = JSON.parse(body) as Record<string, unknown>;
      if (input.QueueUrl !== url) {
        throw new Refusal('QueueDoesNotExist', 'The specified queue does not exist.');
      }
      const answer =
        request.headers['x-amz-target'] === 'AmazonSQS.ReceiveMessage'
          ? await receive(input, gone.signal)
          : request.headers['x-amz-target'] === 'AmazonSQS.DeleteMessageBatch'
            ? removeBatch(input)
            : refuse('UnknownOperationException', 'no such call');
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer));
    } catch (error) {
      const { type, status, message } = error instanceof Refusal ? error : refusalOf(error);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message }));
    }
  });
  await listening(server);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/123456789012/valise`;
  return {
    url,
    send(body) {
      messages.push({ id: randomUUID(), body, visibleAt: 0, receipt: null });
      arrived();
    },
    get left() {
      return messages.length;
    },
    get deliveries() {
      return deliveries;
    },
    async untilEmpty() {
      if (messages.length === 0) return;
      await new Promise<void>((resolve) => {
        emptied = resolve;
      });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Refusal extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

function refuse(type: string, message: string): never {
  throw new Refusal(type, message);
}

function refusalOf(error: unknown): Refusal {
  return new Refusal('InternalError', String(error), 500);
}

function shown({ id, body, receipt }: Message): object {
  const md5 = createHash('md5').update(body).digest('hex');
  return { MessageId: id, ReceiptHandle: receipt, MD5OfBody: md5, Body: body };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString('utf8');
}

async function checkSignature(
  request: IncomingMessage,
  body: string,
  { region, accessKeyId, secretAccessKey }: TestQueueOptions,
): Promise<void> {
  const { authorization = '', 'x-amz-date': stamp = '', ...others } = request.headers;
  const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? [];
  const headers = Object.fromEntries(
    names.filter((name) => name in others).map((name) => [name, String(others[name])]),
  );
  const signer = new SignatureV4({
    service: 'sqs',
    region,
    credentials: { accessKeyId, secretAccessKey },
    sha256: NodeSha256,
  });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'http:',
      hostname: '127.0.0.1',
      path: '/',
      query: {},
      headers,
      body,
    },
    { signingDate: dateOf(String(stamp)), signableHeaders: new Set(names) },
  );
  if (signed.headers.authorization !== authorization) {
    throw new Refusal('InvalidClientTokenId', 'The signature does not match.', 403);
  }
}

function dateOf(stamp: string): Date {
  const iso = stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return new Date(iso);
}

/** The hash that AWS's library asks its platform for. */
class NodeSha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' ? secret : secret && bytesOf(secret);
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {}
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

async function listening(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
