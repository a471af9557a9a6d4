import { generateKeyPairSync } from 'node:crypto';
import { copyFile, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { createSigV4, UNSIGNED_PAYLOAD } from '../storage/sigv4.ts';
import { storeAddress } from '../storage/store-address.ts';
import type { StoreSettings } from '../storage/store-settings.ts';
import type { SignedCdn } from './cdn-settings.ts';
import { type NginxPlace, nginxPlace, startUntil } from './test-nginx.ts';

const KEY_ID = 'K2JCJMDEHXQW5F';

/** What the distribution's response headers policy adds. */
export interface TestHeaders {
  /** Whose pages may read, cookies sent along; by default any, without. */
  readonly pages?: string;
  /** Whether it says that files are to be saved, where the bucket doesn't; by default it does. */
  readonly saves?: boolean;
}

/** nginx that holds links to CloudFront's own rules, in front of a store, with a key of its own. */
export async function startTestCloudfront(
  store: StoreSettings,
  headers: TestHeaders = {},
): Promise<{ readonly cdn: SignedCdn; readonly port: number; close(): Promise<void> }> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const place = await nginxPlace();
  const url = `http://127.0.0.1:${place.port}`;
  const origin = await startOrigin(store);
  const { folder } = place;
  await copyFile(join(import.meta.dirname, 'test-cloudfront.js'), join(folder, 'cloudfront.js'));
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  const settings = { url, keyId: KEY_ID, publicKey: spki };
  await writeFile(join(folder, 'settings.js'), `export default ${JSON.stringify(settings)};`);
  await writeFile(join(folder, 'nginx.conf'), configuration(place, origin.port, headers));
  const nginx = await startUntil(['nginx', '-c', join(folder, 'nginx.conf')], { url, env: {} });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    cdn: {
      driver: 'cloudfront',
      url,
      keyId: KEY_ID,
      key,
      bindAddress: false,
      purgeUrls: [],
      cookieDomain: null,
    },
    port: place.port,
    async close() {
      await nginx.stop();
      await origin.close();
      await place.remove();
    },
  };
}

function configuration(
  { folder, port }: Pick<NginxPlace, 'folder' | 'port'>,
  originPort: number,
  { pages, saves = true }: TestHeaders,
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n');
  return `load_module /usr/lib/nginx/modules/ngx_http_js_module.so;
daemon off;
pid ${folder}/nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  ${temporary}
  js_path ${folder};
  js_import cloudfront from cloudfront.js;
  # A response headers policy that has everything saved, and doesn't override.
  map $upstream_http_content_disposition $disposition {
    '' '${saves ? 'attachment' : ''}';
    default $upstream_http_content_disposition;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      auth_request /_check;
      add_header Access-Control-Allow-Origin ${pages ?? '*'} always;
      ${pages === undefined ? '' : 'add_header Access-Control-Allow-Credentials true always;'}
      add_header Access-Control-Expose-Headers "Content-Range, ETag" always;
      add_header Content-Disposition $disposition;
      proxy_hide_header Content-Disposition;
      proxy_hide_header Access-Control-Allow-Origin;
      proxy_hide_header Access-Control-Expose-Headers;
      proxy_pass http://127.0.0.1:${originPort};
    }
    location = /_check { internal; js_content cloudfront.check; }
  }
}
`;
}

/** What origin access control does: takes `response-*` over and signs the request to the bucket. */
async function startOrigin(store: StoreSettings) {
  const address = storeAddress(store.endpoint, store);
  const sigv4 = createSigV4(store, store.region);
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://cdn');
    const kept = [...url.searchParams].filter(([name]) => name.startsWith('response-'));
    const path = address.pathOf(url.pathname.slice(1));
    const query = sigv4.presign(
      {
        method: 'GET',
        host: address.host,
        path,
        query: Object.fromEntries(kept),
        payloadHash: UNSIGNED_PAYLOAD,
      },
      { now: new Date(), expiresSeconds: 60 },
    );
    const { range } = incoming.headers;
    const headers = range === undefined ? {} : { range };
    httpRequest(`${address.origin}${path}?${query}`, { headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    port: bound.port,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
