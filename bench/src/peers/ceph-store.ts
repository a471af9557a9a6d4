import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '@valise/acceptance/harness/server';
import { Presigner } from '../measure/presign.ts';
import { call } from '../object-store/multipart-upload.ts';

const run = promisify(execFile);
const script = (name: string): string => join(REPOSITORY, 'scripts/ceph', name);

/** A Ceph gateway of its own whose data lie on the disk (BlueStore), with an empty bucket. */
export class CephStore {
  readonly signer: Presigner;
  readonly origin: URL;
  readonly #folder: string;

  private constructor(signer: Presigner, origin: URL, folder: string) {
    this.signer = signer;
    this.origin = origin;
    this.#folder = folder;
  }

  /** Null where Ceph can't be started; the reason goes to stderr. */
  static async start(): Promise<CephStore | null> {
    const folder = await mkdtemp(join(tmpdir(), 'valise-bench-ceph-'));
    const started = await run(process.execPath, [script('up.ts'), folder, '0', 'bluestore']).catch(
      (error: Error) => {
        console.error(error.message);
        return null;
      },
    );
    if (started === null) return null;
    const lines = started.stdout.trim().split('\n');
    const variables = Object.fromEntries(lines.map((line) => line.split('=', 2)));
    const endpoint = String(variables.S3_ENDPOINT);
    const signer = new Presigner({
      endpoint,
      region: String(variables.S3_REGION),
      bucket: 'bench',
      accessKeyId: String(variables.S3_ACCESS_KEY_ID),
      secretAccessKey: String(variables.S3_SECRET_ACCESS_KEY),
    });
    await call('PUT', signer.url('PUT', ''));
    return new CephStore(signer, new URL(endpoint), folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(process.execPath, [script('down.ts'), this.#folder, '--wipe']);
  }
}
