/**
 * What the client needs from its platform. Node's adapters are in `@valise/client-node`; a browser
 * brings its own. Everything here is safe to fake in a test.
 */
import type { Session } from '@valise/core/wire';

export interface IoOptions {
  /** Stops the call at once; it then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

export interface TransportRequest extends IoOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, with its length; must not change until the exchange ends. */
  readonly body?: Uint8Array | string;
  /**
   * Instead of `body`: a stretch of a file that the transport reads while it sends it. Only what a
   * source of the same platform gave.
   */
  readonly unread?: Blob;
  /** Bytes of the body handed to the network since the last call. */
  readonly onUploadProgress?: (bytes: number) => void;
  /**
   * Where the body of a GET may land, so that it needn't be copied there: a transport that can do
   * it answers pieces that are views of this memory, in order from its start.
   */
  readonly into?: Uint8Array;
  /**
   * The answer may come compressed: its body is given decoded all the same, and rejects with
   * `content-corrupt` where it can't be. (A browser decodes whatever it asks for.)
   */
  readonly decode?: boolean;
  /** With the cookies that an earlier answer set for that address, where the platform keeps any. */
  readonly withCookies?: boolean;
  /** No byte in either direction for so long ends the exchange with `stalled`. */
  readonly idleTimeoutMs?: number;
}

export interface TransportAnswer {
  readonly status: number;
  /** A header by its lower-case name. */
  header(name: string): string | null;
  /** The body, once: piece by piece … */
  readonly body: AsyncIterable<Uint8Array>;
  /** … or whole. */
  bytes(): Promise<Uint8Array>;
}

/**
 * One HTTP exchange: API calls, part PUTs and ranged GETs all go through it. Any status is an
 * answer. Rejects with ClientError `unreachable` or `stalled` (both transient), also while the body
 * is read, or with `signal.reason`. Whoever doesn't read a body to its end must break out of the
 * iteration, so that the connection is freed.
 */
export interface Transport {
  send(request: TransportRequest): Promise<TransportAnswer>;
  close(): Promise<void>;
}

/** Bytes to upload. */
export interface ContentSource {
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`. Fewer are there: rejects with `content-changed`. With
   * `into` (at least `length` long) the bytes land there and a view of it is answered.
   */
  read(
    offset: number,
    length: number,
    options?: IoOptions & { readonly into?: Uint8Array },
  ): Promise<Uint8Array>;
  /**
   * The same bytes for the platform's transport to read by itself, where it can: cheaper, but
   * nobody on this side has looked at them.
   */
  unread?(range: ByteRange): Blob;
  /** Changes whenever the content may have changed: size, mtime in ns, inode. */
  identity(): Promise<string>;
  close(): Promise<void>;
}

export interface ByteRange {
  readonly offset: number;
  readonly size: number;
}

/** What a sink will hold; equal contents may continue one another's partial results. */
export interface SinkContent {
  readonly size: number;
  /** Null where the content has no fingerprint: then nothing can be continued. */
  readonly fingerprint: string | null;
}

/**
 * A place for downloaded bytes. The target appears whole and durable at `finish`, or not at all.
 * Order: `open`, then `write`s of disjoint ranges in any order and in parallel, then `finish` or
 * `abort`.
 */
export interface ContentSink {
  /**
   * Bytes are taken with less effort when they lie at the same distance from a multiple of this in
   * their ArrayBuffer as in the content.
   */
  readonly alignment?: number;
  /** Answers the ranges an earlier attempt may have left; they are hints and must be verified. */
  open(content: SinkContent): Promise<readonly ByteRange[]>;
  read(offset: number, length: number): Promise<Uint8Array>;
  write(offset: number, bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  /** `keep`: leaves what was written for a later attempt. */
  abort(options: { readonly keep: boolean }): Promise<void>;
}

export interface HashedContent {
  readonly size: number;
  /** `v1:…` */
  readonly fingerprint: string;
  /** The packed manifest: 32-byte digest and u32be size per chunk. */
  readonly records: Uint8Array;
  /** SHA-256 of every stretch of `size` bytes, packed; for whoever got them in passing. */
  readonly parts?: { readonly size: number; readonly digests: Uint8Array };
}

export interface HashOptions extends IoOptions {
  /** Bytes hashed since the last call. */
  readonly onProgress?: (bytes: number) => void;
  /**
   * All of the content is probably going to be sent in parts: their hashes are of use, too, if they
   * can be made in passing. It takes twice the time.
   */
  readonly withParts?: boolean;
}

/** Splits a source into chunks and fingerprints it. */
export interface ContentHasher {
  hash(source: ContentSource, options?: HashOptions): Promise<HashedContent>;
}

/** What a login leaves behind. */
export interface Tokens {
  /** The server's base URL without a slash at its end. */
  readonly server: string;
  readonly user: Session['user'];
  readonly device: Session['device'];
  readonly accessToken: string;
  /** Empty where it is in a cookie. */
  readonly refreshToken: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Where the login is kept; several processes may share one. */
export interface TokenStore {
  load(): Promise<Tokens | null>;
  /** Atomic: a reader sees the old or the new tokens. */
  save(tokens: Tokens): Promise<void>;
  clear(): Promise<void>;
  /** Runs `work` while no other holder, in this or another process, does. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** Time, randomness, ids and the one hash everything rests on. */
export interface Ambient {
  /** Unix milliseconds. */
  now(): number;
  /** In [0, 1); for jitter only. */
  random(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** A UUIDv7. */
  newId(): string;
  sha256(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /**
   * The digests of the pieces that `bytes` falls into, end to end; `sizes` are theirs. Large
   * amounts may be hashed beside everything else, if `bytes` came from `allocate`.
   */
  sha256Each(bytes: Uint8Array, sizes: readonly number[]): Promise<Uint8Array>;
  /** As a gzip file (RFC 1952), without name and time: equal bytes give equal results. */
  gzip(bytes: Uint8Array): Promise<Uint8Array>;
  /** Memory for a transfer's bytes. */
  allocate(size: number): Uint8Array;
}
