import {
  addresses,
  choice,
  encryption,
  flag,
  integer,
  path,
  pem,
  port,
  secret,
  text,
  url,
  urls,
  type ValueType,
} from './value-types.ts';

/** One environment variable: everything there is to know about it, in one place. */
export interface Variable<T> {
  readonly name: string;
  readonly type: ValueType<T>;
  /** Used when the variable is unset; null when there is no fixed value to fall back on. */
  readonly fallback: string | null;
  /** Said in the documentation where `fallback` is null. */
  readonly unset?: string;
  readonly description: string;
}

function variable<T, const F extends string | null>(
  name: string,
  type: ValueType<T>,
  rest: Omit<Variable<T>, 'name' | 'type'> & { readonly fallback: F },
): Variable<T> & { readonly fallback: F } {
  return { name, type, ...rest };
}

/** Every variable of the server, in the order of the documentation. */
export const VARIABLES = {
  host: variable('VALISE_HOST', text, {
    fallback: '127.0.0.1',
    description: 'Address that the API and the embedded object store listen on.',
  }),
  port: variable('VALISE_PORT', port, {
    fallback: '8420',
    description: 'Port of the API; 0 takes any free one.',
  }),
  url: variable('VALISE_URL', url('http', 'https'), {
    fallback: null,
    unset: 'made from host and port',
    description: 'Address under which people and devices reach the API.',
  }),
  data: variable('VALISE_DATA', path, {
    fallback: './data',
    description:
      'Folder for everything that is kept on this machine. Several servers may share one.',
  }),
  objectsPort: variable('VALISE_OBJECTS_PORT', port, {
    fallback: '8421',
    description: 'Port of the embedded object store; 0 takes any free one.',
  }),
  objectsUrl: variable('VALISE_OBJECTS_URL', url('http', 'https'), {
    fallback: null,
    unset: 'made from host and port',
    description: 'Address under which devices reach the embedded object store.',
  }),
  eventsUrl: variable('VALISE_EVENTS_URL', url('http', 'https'), {
    fallback: null,
    unset: 'this server',
    description: 'Webhook that the embedded object store tells what happens to objects.',
  }),
  eventsSecret: variable('VALISE_EVENTS_SECRET', text, {
    fallback: null,
    unset: 'made from VALISE_JWT_SECRET',
    description: 'Bearer token of store events, as they are sent and as `/events/s3` takes them.',
  }),
  eventsSqsUrl: variable('VALISE_EVENTS_SQS_URL', url('http', 'https'), {
    fallback: null,
    unset: 'no queue',
    description: 'Amazon SQS queue that the bucket’s events arrive in; the S3_ key must be let in.',
  }),
  opsPort: variable('VALISE_OPS_PORT', port, {
    fallback: '8422',
    description: 'Port of /readyz, /metrics and /doctor, on 127.0.0.1 only; 0 takes any free one.',
  }),
  registration: variable('VALISE_REGISTRATION', choice('open', 'invite', 'closed'), {
    fallback: 'open',
    description: 'Who may make an account.',
  }),
  jwtSecret: variable('VALISE_JWT_SECRET', secret, {
    fallback: null,
    unset: 'made once and kept in the data folder',
    description: 'Signs access tokens. Servers that work together must have the same.',
  }),
  trashDays: variable('VALISE_TRASH_DAYS', integer(0, 36_500), {
    fallback: '30',
    description: 'Days after which what was deleted is gone for good.',
  }),
  tlsCert: variable('VALISE_TLS_CERT', path, {
    fallback: null,
    unset: 'plain HTTP',
    description: 'PEM file with the certificate chain, for API and embedded object store.',
  }),
  tlsKey: variable('VALISE_TLS_KEY', path, {
    fallback: null,
    unset: 'plain HTTP',
    description: 'PEM file with the private key to VALISE_TLS_CERT.',
  }),
  rateLimit: variable('VALISE_RATE_LIMIT', integer(1, 100_000_000), {
    fallback: '6000',
    description: 'Requests a minute for each user.',
  }),
  loginLimit: variable('VALISE_LOGIN_LIMIT', integer(1, 100_000_000), {
    fallback: '10',
    description: 'Failed logins in 15 minutes for each pair of account and address.',
  }),
  addressLimit: variable('VALISE_ADDRESS_LIMIT', integer(1, 100_000_000), {
    fallback: '100',
    description: 'Calls in 15 minutes for each address before login.',
  }),
  trustedProxies: variable('VALISE_TRUSTED_PROXIES', addresses, {
    fallback: null,
    unset: 'none',
    description: 'Only from these is X-Forwarded-For believed.',
  }),
  databaseUrl: variable('DATABASE_URL', url('postgres', 'postgresql'), {
    fallback: null,
    unset: 'the embedded PostgreSQL',
    description: 'A PostgreSQL database.',
  }),
  redisUrl: variable('REDIS_URL', url('redis', 'rediss'), {
    fallback: null,
    unset: 'the database does it',
    description: 'A Redis that tells the servers of one installation of changes.',
  }),
  s3Endpoint: variable('S3_ENDPOINT', url('http', 'https'), {
    fallback: null,
    unset: 'AWS, in that region',
    description: 'An S3-compatible store, as the server reaches it.',
  }),
  s3PublicEndpoint: variable('S3_PUBLIC_ENDPOINT', url('http', 'https'), {
    fallback: null,
    unset: 'S3_ENDPOINT',
    description: 'The same store, as devices reach it.',
  }),
  s3Region: variable('S3_REGION', text, {
    fallback: null,
    unset: 'us-east-1',
    description: 'Region of the bucket.',
  }),
  s3Bucket: variable('S3_BUCKET', text, {
    fallback: null,
    unset: 'the embedded object store',
    description: 'The bucket. Keep it private.',
  }),
  s3AccessKeyId: variable('S3_ACCESS_KEY_ID', text, {
    fallback: null,
    unset: 'the embedded object store',
    description: 'Key id of the account that may read and write the bucket.',
  }),
  s3SecretAccessKey: variable('S3_SECRET_ACCESS_KEY', text, {
    fallback: null,
    unset: 'the embedded object store',
    description: 'Secret to S3_ACCESS_KEY_ID.',
  }),
  s3SessionToken: variable('S3_SESSION_TOKEN', text, {
    fallback: null,
    unset: 'none',
    description: 'Session token of temporary credentials.',
  }),
  s3ForcePathStyle: variable('S3_FORCE_PATH_STYLE', flag, {
    fallback: null,
    unset: 'true with S3_ENDPOINT',
    description: 'Puts the bucket into the path instead of the host name.',
  }),
  s3Sse: variable('S3_SSE', encryption, {
    fallback: null,
    unset: 'as the bucket says',
    description: 'Encryption at rest that the store is asked for.',
  }),
  cdn: variable('CDN', choice('store', 'edge', 'cloudfront'), {
    fallback: 'store',
    description:
      'Where downloads come from: the object store itself, our nginx edge, or CloudFront.',
  }),
  cdnUrl: variable('CDN_URL', url('http', 'https'), {
    fallback: null,
    unset: 'the store',
    description: 'Address under which readers reach the edge or the distribution.',
  }),
  cdnKeyId: variable('CDN_KEY_ID', text, {
    fallback: null,
    unset: '`main` for the edge',
    description: 'Names the key that links are signed with; CloudFront: the public key’s id.',
  }),
  cdnKey: variable('CDN_KEY', pem, {
    fallback: null,
    unset: 'the store',
    description:
      'Edge: a secret of at least 32 characters that it shares. CloudFront: the private key as PEM.',
  }),
  cdnPurgeUrls: variable('CDN_PURGE_URLS', urls, {
    fallback: null,
    unset: 'CDN_URL',
    description: 'Addresses of all edges, where each is told what is gone for good.',
  }),
  cdnBindAddress: variable('CDN_BIND_ADDRESS', flag, {
    fallback: 'false',
    description: 'Whether a download link serves only the address that asked for it.',
  }),
  cdnCookieDomain: variable('CDN_COOKIE_DOMAIN', text, {
    fallback: null,
    unset: 'no cookies',
    description:
      'CloudFront: the domain that VALISE_URL and CDN_URL share, for cookies that open many files.',
  }),
} as const;

export type VariableKey = keyof typeof VARIABLES;
type ValueOf<V> = V extends Variable<infer T> ? T : never;

/** Parsed values by key; undefined where a variable is unset and has no fallback. */
export type Values = {
  readonly [K in VariableKey]:
    | ValueOf<(typeof VARIABLES)[K]>
    | ((typeof VARIABLES)[K] extends { readonly fallback: string } ? never : undefined);
};
