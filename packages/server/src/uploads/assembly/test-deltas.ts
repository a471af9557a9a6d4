import { createHash, randomBytes } from 'node:crypto';
import type { File } from '@valise/core/wire';
import type { TestUser } from '../../http/test-app.ts';
import {
  type Answer,
  type Begun,
  begin,
  complete,
  putPart,
  type UploadRig,
} from '../test-uploads.ts';

const MIB = 1_048_576;

/** Content in chunks of about 256 KiB, as a client would tell it (the cuts are as good as any). */
export interface Chunked {
  readonly bytes: Buffer;
  readonly chunks: readonly (readonly [string, number])[];
  readonly fingerprint: string;
}

export function chunked(pieces: readonly Buffer[]): Chunked {
  const digests = pieces.map((piece) => createHash('sha256').update(piece).digest());
  const fingerprint = createHash('sha256').update(Buffer.concat(digests)).digest('hex');
  return {
    bytes: Buffer.concat(pieces),
    chunks: pieces.map((piece, n) => [`sha256:${digests[n]?.toString('hex')}`, piece.length]),
    fingerprint: `v1:${fingerprint}`,
  };
}

/** As many random chunks of 256 KiB as `mib` mebibytes take. */
export function randomPieces(mib: number): Buffer[] {
  return Array.from({ length: mib * 4 }, () => randomBytes(MIB / 4));
}

export function beginChunked(
  rig: UploadRig,
  user: TestUser,
  { content, ...more }: { readonly content: Chunked; readonly [member: string]: unknown },
): Promise<Answer<Begun>> {
  const { bytes, chunks, fingerprint } = content;
  return begin(rig, user, { size: bytes.length, chunks, fingerprint, ...more });
}

/** Sends every part that is asked for; answers how many bytes these were. */
export async function sendParts(begun: Begun, { bytes }: Chunked): Promise<number> {
  let sent = 0;
  for (const part of begun.upload.parts) {
    if (part.status === 'uploaded') continue;
    const { status } = await putPart(part, bytes);
    if (status !== 200) throw new Error(`The store answered ${status}.`);
    sent += part.size;
  }
  return sent;
}

/** Begins, sends what is asked for, completes. */
export async function uploadChunked(
  rig: UploadRig,
  user: TestUser,
  request: { readonly content: Chunked; readonly [member: string]: unknown },
): Promise<{ readonly file: File; readonly sent: number }> {
  const begun = await beginChunked(rig, user, request);
  if (begun.body.upload === null) return { file: begun.body.file, sent: 0 };
  if (begun.status !== 201) throw new Error(JSON.stringify(begun));
  const sent = await sendParts(begun.body, request.content);
  const done = await complete(rig, user, begun.body.upload);
  if (done.status !== 200) throw new Error(JSON.stringify(done));
  return { file: done.body.file, sent };
}
