import type { RequestBody } from '../http/request-body.ts';
import type { Content } from '../storage/content-reader.ts';
import type { Storage } from '../storage/storage.ts';

/** A request whose sender is known, as the operations see it. */
export interface S3Call {
  readonly storage: Storage;
  /** Decoded; '' when the request names none. */
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: RequestBody;
  /** Absolute URL of the object or bucket, for answers that name it. */
  readonly location: string;
  readonly now: number;
}

export interface S3Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** XML text, or stored bytes whose length `content-length` says. */
  readonly body?: string | Content;
}

export type Operation = (call: S3Call) => Promise<S3Reply> | S3Reply;
