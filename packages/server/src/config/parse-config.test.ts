import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, type Environment, parseConfig } from './parse-config.ts';
import { VARIABLES } from './variables.ts';

function faultsOf(environment: Environment): readonly string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test('an empty environment runs everything on this machine', () => {
  const config = parseConfig({});
  assert.equal(config.url, 'http://127.0.0.1:8420');
  assert.deepEqual(config.database, { embedded: true });
  assert.equal(config.s3, null);
  assert.equal(config.tls, null);
  assert.equal(config.jwtSecret, null);
  assert.deepEqual(config.objects, { port: 8421, url: null, events: null });
  assert.deepEqual(config.limits, { perUser: 6000, login: 10, address: 100 });
  assert.ok(Object.isFrozen(config));
});

test('an empty variable counts as unset, spaces around a value do not matter', () => {
  const config = parseConfig({ VALISE_PORT: '', DATABASE_URL: ' ', VALISE_OPS_PORT: ' 9000 ' });
  assert.equal(config.port, 8420);
  assert.deepEqual(config.database, { embedded: true });
  assert.equal(config.opsPort, 9000);
});

test('the URL follows host and port, and a wildcard is no host', () => {
  const urlOf = (VALISE_HOST: string) => parseConfig({ VALISE_HOST, VALISE_PORT: '80' }).url;
  assert.equal(urlOf('10.0.0.7'), 'http://10.0.0.7:80');
  assert.equal(urlOf('0.0.0.0'), 'http://localhost:80');
  assert.equal(urlOf('::1'), 'http://[::1]:80');
  assert.equal(
    parseConfig({ VALISE_URL: 'https://files.example.org/' }).url,
    'https://files.example.org',
  );
});

test('an S3 group is taken whole', () => {
  const given = { S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'key' };
  assert.deepEqual(parseConfig(given).s3, {
    endpoint: 'https://s3.us-east-1.amazonaws.com',
    publicEndpoint: 'https://s3.us-east-1.amazonaws.com',
    region: 'us-east-1',
    bucket: 'b',
    accessKeyId: 'id',
    secretAccessKey: 'key',
    forcePathStyle: false,
    sse: null,
  });
  const own = parseConfig({ ...given, S3_ENDPOINT: 'http://store:9000', S3_SESSION_TOKEN: 't' }).s3;
  assert.equal(own?.forcePathStyle, true);
  assert.equal(own?.publicEndpoint, 'http://store:9000');
  assert.equal(own?.sessionToken, 't');
});

test('a queue of events uses the key of the store', () => {
  const given = { S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'key' };
  const queueOf = (url: string) =>
    parseConfig({ ...given, S3_REGION: 'r', VALISE_EVENTS_SQS_URL: url }).events.queue;
  const aws = 'https://sqs.eu-west-1.amazonaws.com/123456789012/valise';
  assert.deepEqual(queueOf(aws), { url: aws, region: 'eu-west-1' });
  const other = 'http://queues:9324/000000000000/valise';
  assert.deepEqual(queueOf(other), { url: other, region: 'r' });
});

const FAULTS: readonly [Environment, RegExp][] = [
  [{ VALISE_PORT: '65536' }, /^VALISE_PORT must be a whole number from 0 to 65535\.$/],
  [{ VALISE_PORT: '8e3' }, /^VALISE_PORT must be/],
  [{ VALISE_TRASH_DAYS: '-1' }, /^VALISE_TRASH_DAYS must be/],
  [{ VALISE_URL: 'files.example.org' }, /^VALISE_URL must be a URL that starts with http:\/\/ or/],
  [{ VALISE_REGISTRATION: 'maybe' }, /^VALISE_REGISTRATION must be one of open, invite, closed\.$/],
  [{ VALISE_JWT_SECRET: 'short' }, /^VALISE_JWT_SECRET must have at least 32 characters\.$/],
  [{ VALISE_TRUSTED_PROXIES: '10.0.0.0/8, proxy' }, /^VALISE_TRUSTED_PROXIES "proxy" is no/],
  [{ VALISE_TRUSTED_PROXIES: '10.0.0.0/33' }, /is no address or network/],
  [{ DATABASE_URL: 'mysql://x' }, /^DATABASE_URL must be a URL that starts with postgres/],
  [{ VALISE_TLS_CERT: '/a' }, /^VALISE_TLS_CERT and VALISE_TLS_KEY go together/],
  [{ VALISE_EVENTS_SQS_URL: 'https://sqs/1/q' }, /^VALISE_EVENTS_SQS_URL goes with S3_ variables/],
  [{ S3_REGION: 'eu-west-1' }, /S3_BUCKET, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY must be set too/],
  [{ S3_BUCKET: 'b', S3_ACCESS_KEY_ID: 'i' }, / S3_SECRET_ACCESS_KEY must be set too/],
  [{ VALISE_OBJECTS_URL: 'http://a', VALISE_OBJECTS_PORT: '0' }, /names one port/],
  [{ CDN: 'akamai' }, /^CDN must be one of store, edge, cloudfront\.$/],
];

test('each fault is named', () => {
  for (const [environment, said] of FAULTS) {
    const faults = faultsOf(environment);
    assert.equal(faults.length, 1, JSON.stringify([environment, faults]));
    assert.match(faults[0] ?? '', said);
  }
});

test('all faults are named at once', () => {
  const environment = Object.assign({}, ...FAULTS.slice(0, 9).map(([one]) => one));
  const broken = new Set(Object.keys(environment));
  assert.equal(faultsOf(environment).length, broken.size);
});

test('a certificate that cannot be read is named', () => {
  const faults = faultsOf({ VALISE_TLS_CERT: '/nowhere/c', VALISE_TLS_KEY: '/nowhere/k' });
  assert.deepEqual(faults, [
    'VALISE_TLS_CERT: /nowhere/c cannot be read.',
    'VALISE_TLS_KEY: /nowhere/k cannot be read.',
  ]);
});

test('whatever stands in the variables, it is a configuration or a list of faults', () => {
  const names = Object.values(VARIABLES).map(({ name }) => name);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), (environment) => {
      const faults = faultsOf(environment);
      for (const fault of faults)
        assert.match(fault, /^(?:VALISE_|DATABASE_|REDIS_|S3_|CDN|With any S3_|With CDN=)/);
    }),
  );
});

test('a CDN is named whole, with a key that can sign for it', () => {
  const secret = 'x'.repeat(32);
  assert.deepEqual(parseConfig({}).cdn, { driver: 'store' });
  assert.deepEqual(
    parseConfig({ CDN: 'edge', CDN_URL: 'https://cdn.example.org/', CDN_KEY: secret }).cdn,
    {
      driver: 'edge',
      url: 'https://cdn.example.org',
      keyId: 'main',
      key: secret,
      bindAddress: false,
      purgeUrls: ['https://cdn.example.org'],
      cookieDomain: null,
    },
  );
  assert.match(faultsOf({ CDN: 'edge' }).join(), /CDN_URL, CDN_KEY must be set/);
  assert.match(faultsOf({ CDN: 'cloudfront' }).join(), /CDN_URL, CDN_KEY_ID, CDN_KEY must/);
  assert.match(faultsOf({ CDN_BIND_ADDRESS: 'true' }).join(), /needs CDN=edge/);
  const edge = { CDN: 'edge', CDN_URL: 'http://cdn', CDN_KEY: secret };
  assert.match(faultsOf({ ...edge, CDN_KEY: 'short' }).join(), /at least 32/);
  assert.match(faultsOf({ ...edge, CDN_URL: 'http://cdn/x' }).join(), /no path/);
  assert.match(faultsOf({ ...edge, CDN_KEY_ID: 'a b' }).join(), /letters, digits/);
  assert.match(faultsOf({ ...edge, CDN_PURGE_URLS: 'http://one, two' }).join(), /CDN_PURGE_URLS/);
  const front = { CDN: 'cloudfront', CDN_URL: 'https://d1.cloudfront.net', CDN_KEY_ID: 'K1' };
  assert.match(faultsOf({ ...front, CDN_KEY: 'no key' }).join(), /RSA private key/);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const withCookies = {
    ...{ ...front, CDN_KEY: pem, CDN_COOKIE_DOMAIN: 'example.org' },
    ...{ CDN_URL: 'https://cdn.example.org', VALISE_URL: 'https://example.org' },
  };
  const { cdn } = parseConfig(withCookies);
  assert.equal(cdn.driver === 'cloudfront' && cdn.cookieDomain, 'example.org');
  for (const [wrong, said] of [
    [{ CDN_COOKIE_DOMAIN: '127.0.0.1' }, /must be a domain name/],
    [{ CDN_COOKIE_DOMAIN: 'org; Path=/' }, /must be a domain name/],
    [{ CDN_COOKIE_DOMAIN: 'ample.org' }, /within ample\.org/],
    [{ VALISE_URL: 'http://example.org' }, /must be https addresses/],
    [{ VALISE_URL: '' }, /must be https addresses/],
    [{ CDN_URL: 'https://d1.cloudfront.net' }, /must be https addresses/],
  ] as const) {
    assert.match(faultsOf({ ...withCookies, ...wrong }).join(), said);
  }
  assert.match(faultsOf({ CDN_COOKIE_DOMAIN: 'example.org' }).join(), /needs CDN=cloudfront/);
  assert.match(faultsOf({ ...edge, CDN_COOKIE_DOMAIN: 'a.org' }).join(), /needs CDN=cloudfront/);
  const oneLine = parseConfig({ ...front, CDN_KEY: pem.replaceAll('\n', '\\n') }).cdn;
  assert.equal(oneLine.driver === 'cloudfront' && oneLine.key, pem);
});
