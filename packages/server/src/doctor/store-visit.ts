import { hash } from 'node:crypto';
import type { S3Settings } from '../config/config.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { S3Caller } from '../storage/s3-caller.ts';
import { createUploadSigner } from '../storage/s3-upload-signer.ts';
import type { PinningMode, SignedRequest } from '../storage/upload-signer.ts';
import type { Patient } from './patient.ts';
import { type ProbeAnswer, probe } from './probe-request.ts';

/** What the checks of one store share. */
export interface StoreVisit {
  readonly patient: Patient;
  readonly settings: S3Settings;
  readonly caller: S3Caller;
  readonly store: ObjectStore;
  /** The setting that says where devices reach the store. */
  readonly publicSetting: string;
  /** Keys of this visit, by number; remembers them, to be removed in the end. */
  keyOf(n: number): string;
  /** Is to be removed in the end, too. */
  remember(key: string): void;
}

export interface ProbePut {
  readonly key: string;
  readonly body: Uint8Array;
  /** What the URL says that the body is; the body itself by default. */
  readonly announced?: Uint8Array;
  readonly mode?: PinningMode;
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes the request after it was signed. */
  readonly tamper?: (request: SignedRequest) => Pick<SignedRequest, 'url' | 'headers'>;
  /** Signed so long ago. */
  readonly ageMs?: number;
}

export const PROBE_TYPE = 'application/octet-stream';

/** Presigned for, and sent to, the address that devices use. */
export async function putProbe(visit: StoreVisit, put: ProbePut): Promise<ProbeAnswer> {
  const { key, body, announced = body, mode = 'none', headers = {}, ageMs = 0 } = put;
  const request = signPut(visit, { key, announced, mode, ageMs });
  visit.remember(key);
  const sent = put.tamper?.(request) ?? request;
  return probe(sent.url, { method: 'PUT', headers: { ...sent.headers, ...headers }, body });
}

export function signPut(
  { settings, patient }: Pick<StoreVisit, 'settings' | 'patient'>,
  put: {
    readonly key: string;
    readonly announced: Uint8Array;
    readonly mode: PinningMode;
    readonly ageMs?: number;
  },
): SignedRequest {
  const now = () => new Date(patient.now().getTime() - (put.ageMs ?? 0));
  const signer = createUploadSigner(settings, { pinning: put.mode, now });
  const { key, announced } = put;
  const sha256 = hash('sha256', announced);
  return signer.putObject({ key, size: announced.length, sha256, mimeType: PROBE_TYPE });
}
