import { accessSync, constants } from 'node:fs';
import { baseUrl } from './base-url.ts';
import type { ParsedConfig, S3Settings } from './config.ts';
import { cdnOf } from './parse-cdn.ts';
import { VARIABLES, type Values, type Variable, type VariableKey } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong with the configuration, at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration is wrong:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/** Throws `ConfigError` with every fault found. Empty variables count as unset. */
export function parseConfig(environment: Environment): ParsedConfig {
  const faults: string[] = [];
  const values = parseValues(environment, faults);
  const tls = tlsOf(values, faults);
  const s3 = s3Of(values, faults);
  const cdn = cdnOf(values, faults);
  checkObjectsUrl(values, faults);
  const queue = queueOf(values, s3, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  const config: ParsedConfig = {
    host: values.host,
    port: values.port,
    url: values.url ?? baseUrl(tls !== null, values.host, values.port),
    opsPort: values.opsPort,
    data: values.data,
    objects: {
      port: values.objectsPort,
      url: values.objectsUrl ?? null,
      events: eventsOf(values),
    },
    events: { secret: values.eventsSecret ?? null, queue },
    registration: values.registration,
    jwtSecret: values.jwtSecret ?? null,
    trashDays: values.trashDays,
    tls,
    database: values.databaseUrl === undefined ? { embedded: true } : { url: values.databaseUrl },
    redisUrl: values.redisUrl ?? null,
    s3,
    cdn,
    limits: {
      perUser: values.rateLimit,
      login: values.loginLimit,
      address: values.addressLimit,
    },
    trustedProxies: values.trustedProxies ?? [],
  };
  return Object.freeze(config);
}

function parseValues(environment: Environment, faults: string[]): Values {
  const values: Partial<Record<VariableKey, unknown>> = {};
  for (const [key, variable] of Object.entries(VARIABLES) as [VariableKey, Variable<unknown>][]) {
    const raw = environment[variable.name]?.trim() || variable.fallback;
    if (raw === null) continue;
    try {
      values[key] = variable.type.parse(raw);
    } catch (error) {
      faults.push(`${variable.name} ${error instanceof Error ? error.message : String(error)}.`);
    }
  }
  // Faulty ones are absent; nobody reads them, because faults end the start.
  return values as Values;
}

function tlsOf({ tlsCert, tlsKey }: Values, faults: string[]): ParsedConfig['tls'] {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined) {
    faults.push('VALISE_TLS_CERT and VALISE_TLS_KEY go together: set both or none.');
    return null;
  }
  checkReadable('VALISE_TLS_CERT', tlsCert, faults);
  checkReadable('VALISE_TLS_KEY', tlsKey, faults);
  return { certPath: tlsCert, keyPath: tlsKey };
}

function eventsOf({ eventsUrl, eventsSecret }: Values): ParsedConfig['objects']['events'] {
  return eventsUrl === undefined ? null : { url: eventsUrl, secret: eventsSecret ?? null };
}

function queueOf(
  { eventsSqsUrl: url }: Values,
  s3: S3Settings | null,
  faults: string[],
): ParsedConfig['events']['queue'] {
  if (url === undefined) return null;
  if (s3 === null) faults.push('VALISE_EVENTS_SQS_URL goes with S3_ variables, whose key it uses.');
  if (!/^\/[^/]+\/[^/]+$/.test(new URL(url).pathname)) {
    faults.push('VALISE_EVENTS_SQS_URL must be a whole queue URL: https://host/account/name.');
  }
  const named = /^sqs\.([a-z0-9-]+)\.amazonaws\.com/.exec(new URL(url).hostname)?.[1];
  return { url, region: named ?? s3?.region ?? '' };
}

function checkObjectsUrl({ objectsUrl, objectsPort }: Values, faults: string[]): void {
  if (objectsUrl === undefined || objectsPort !== 0) return;
  faults.push('VALISE_OBJECTS_URL names one port: set VALISE_OBJECTS_PORT, too, to other than 0.');
}

function checkReadable(name: string, path: string, faults: string[]): void {
  try {
    accessSync(path, constants.R_OK);
  } catch {
    faults.push(`${name}: ${path} cannot be read.`);
  }
}

const S3_KEYS = [
  's3Endpoint',
  's3PublicEndpoint',
  's3Region',
  's3Bucket',
  's3AccessKeyId',
  's3SecretAccessKey',
  's3SessionToken',
  's3ForcePathStyle',
  's3Sse',
] as const satisfies readonly VariableKey[];

function s3Of(values: Values, faults: string[]): S3Settings | null {
  if (S3_KEYS.every((key) => values[key] === undefined)) return null;
  const { s3Bucket, s3AccessKeyId, s3SecretAccessKey, s3SessionToken } = values;
  if (s3Bucket === undefined || s3AccessKeyId === undefined || s3SecretAccessKey === undefined) {
    const missing = (['s3Bucket', 's3AccessKeyId', 's3SecretAccessKey'] as const)
      .filter((key) => values[key] === undefined)
      .map((key) => VARIABLES[key].name);
    faults.push(`With any S3_ variable set, ${missing.join(', ')} must be set too.`);
    return null;
  }
  const region = values.s3Region ?? 'us-east-1';
  const endpoint = values.s3Endpoint ?? `https://s3.${region}.amazonaws.com`;
  return {
    endpoint,
    publicEndpoint: values.s3PublicEndpoint ?? endpoint,
    region,
    bucket: s3Bucket,
    accessKeyId: s3AccessKeyId,
    secretAccessKey: s3SecretAccessKey,
    ...(s3SessionToken === undefined ? {} : { sessionToken: s3SessionToken }),
    forcePathStyle: values.s3ForcePathStyle ?? values.s3Endpoint !== undefined,
    sse: values.s3Sse ?? null,
  };
}
