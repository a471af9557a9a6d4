import { randomBytes } from 'node:crypto';
import { AppError } from '@valise/core/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from '../app.ts';
import { pagePolicy, workerPolicy } from './page-policy.ts';
import type { BundleFile, Encoding, WebBundle } from './web-bundle.ts';

/** Addresses of the app's views. None of them may be one of the API's. */
const VIEWS = [
  '/',
  '/folder/:id',
  '/shared',
  '/shared/by-me',
  '/trash',
  '/search',
  '/account',
  '/account/devices',
  '/device',
  '/sign-in',
  '/sign-up',
];

/** What asks for these knows their names; whatever changes gets another. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;
const FOR_EVER = 'public, max-age=31536000, immutable';

/** Said while the bundle is missing; reasons stand in the log. */
const NO_APP =
  'The web app could not be built; the log says why. The API and the command line work without it.\n';

export interface WebApp {
  /** Waits for the build, at the first start for a few seconds. Rejects when it failed. */
  bundle(): Promise<WebBundle>;
  /** Where file bytes are: the page may talk to these and to us. */
  readonly origins: readonly string[];
}

/** The web app: one page for all its views, and the files that it consists of. */
export function addWebApp(app: App, web: WebApp): void {
  const route = { config: { access: 'public' }, schema: { hide: true } } as const;
  for (const view of VIEWS) {
    app.get(view, route, async (_request, reply) => {
      const bundle = await web.bundle().catch(() => null);
      if (bundle === null) return reply.code(503).type('text/plain').send(NO_APP);
      return sendPage(reply, bundle, web.origins);
    });
  }
  for (const address of ['/assets/:name', '/theme.js', '/sw.js', '/icon.svg', '/app.webmanifest']) {
    app.get(address, route, async (request, reply) => {
      const [path = ''] = request.url.split('?');
      const file = (await web.bundle().catch(() => null))?.files.get(path);
      if (file === undefined) throw new AppError('not-found');
      reply.header('content-security-policy', workerPolicy(web.origins));
      return sendFile(request, reply, file, HASHED.test(path));
    });
  }
}

/** To people who followed an address that leads nowhere: the page says so. False where there is none. */
export async function sendLostPage(web: WebApp, reply: FastifyReply): Promise<boolean> {
  const bundle = await web.bundle().catch(() => null);
  if (bundle === null) return false;
  sendPage(reply.code(404), bundle, web.origins);
  return true;
}

function sendPage(
  reply: FastifyReply,
  bundle: WebBundle,
  origins: readonly string[],
): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  reply.headers({
    'cache-control': 'no-cache',
    'content-security-policy': pagePolicy(nonce, origins),
  });
  return reply.type('text/html; charset=utf-8').send(bundle.index.replaceAll('{{nonce}}', nonce));
}

function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: BundleFile,
  isHashed: boolean,
): FastifyReply {
  reply.headers({
    'cache-control': isHashed ? FOR_EVER : 'no-cache',
    etag: file.etag,
    vary: 'accept-encoding',
  });
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
  const encoding = bestEncoding(request.headers['accept-encoding'], file);
  const body = encoding === undefined ? file.body : file.encoded[encoding];
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.type(file.type).send(body);
}

function bestEncoding(accepted: unknown, file: BundleFile): Encoding | undefined {
  const names = String(accepted ?? '')
    .split(',')
    .filter((entry) => !/;\s*q=0(?:\.0*)?\s*$/.test(entry))
    .map((entry) => entry.split(';')[0]?.trim());
  return (['br', 'gzip'] as const).find(
    (encoding) => names.includes(encoding) && file.encoded[encoding] !== undefined,
  );
}
