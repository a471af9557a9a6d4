import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Run, runProcess } from '../measure/run-process.ts';

/** rclone against the embedded store's own bucket, with the ways a user might tune it. */
export const RCLONE_TUNINGS: Readonly<Record<string, readonly string[]>> = {
  defaults: [],
  '16 MiB × 8 streams': [
    '--s3-chunk-size=16M',
    '--s3-upload-concurrency=8',
    '--multi-thread-streams=8',
    '--multi-thread-cutoff=16M',
  ],
  'no checksum': ['--s3-disable-checksum'],
};

export class Rclone {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #bucket: string;

  private constructor(env: Readonly<Record<string, string | undefined>>, bucket: string) {
    this.#env = env;
    this.#bucket = bucket;
  }

  /** `more`: variables beyond, or instead of, those that point it at the store. */
  static async on(data: string, more: Readonly<Record<string, string>> = {}): Promise<Rclone> {
    const file = join(data, 'objects', 'credentials.json');
    const keys = JSON.parse(await readFile(file, 'utf8'));
    return new Rclone(
      {
        // rclone's AWS library cannot load a custom bundle, and needs none on loopback.
        AWS_CA_BUNDLE: undefined,
        RCLONE_CONFIG: '/dev/null',
        RCLONE_CONFIG_STORE_TYPE: 's3',
        RCLONE_CONFIG_STORE_PROVIDER: 'Other',
        RCLONE_CONFIG_STORE_ENDPOINT: keys.endpoint,
        RCLONE_CONFIG_STORE_REGION: keys.region,
        RCLONE_CONFIG_STORE_ACCESS_KEY_ID: keys.accessKeyId,
        RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY: keys.secretAccessKey,
        RCLONE_CONFIG_STORE_NO_CHECK_BUCKET: 'true',
        ...more,
      },
      keys.bucket,
    );
  }

  /** rclone's spelling of a key. */
  remote(key: string): string {
    return `store:${this.#bucket}/${key}`;
  }

  run(args: readonly string[]): Promise<Run> {
    return runProcess('rclone', args, { env: this.#env });
  }
}
