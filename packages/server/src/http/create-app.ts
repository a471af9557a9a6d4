import cookie from '@fastify/cookie';
import { AppError } from '@valise/core/errors';
import fastify, {
  type FastifyBaseLogger,
  type FastifySerializerCompiler,
  LogController,
} from 'fastify';
import type { TSchema } from 'typebox';
import { createAccounts } from '../accounts/create-accounts.ts';
import type { Db } from '../db/database.ts';
import type { Ambient } from '../run/ambient.ts';
import type { App } from './app.ts';
import { addAuthentication } from './authentication.ts';
import { addBodyParsers, JSON_LIMIT } from './body-parsers.ts';
import { addErrorReplies, refuseUnroutable } from './error-replies.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { healthRoutes } from './health-routes.ts';
import { listenerFactory, refuseConnection } from './listener.ts';
import { addOpenApi } from './openapi.ts';
import { addWebApp, sendLostPage, type WebApp } from './pages/web-app-routes.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { addRequestLog, type ObserveRequest } from './request-log.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { validatorCompiler } from './validation.ts';
import { VERSION } from './version.ts';
import { addWebSockets } from './web-sockets.ts';

export interface AppOptions {
  readonly config: GatewayConfig;
  readonly db: Db;
  readonly ambient: Ambient;
  readonly log: FastifyBaseLogger;
  /** Each adds its routes. */
  readonly features: readonly ((app: App) => void)[];
  readonly web: WebApp;
  /** Told of every answered request. */
  readonly observe?: ObserveRequest;
  /** Tests check here that answers are what the schemas promise. */
  readonly serializerCompiler?: FastifySerializerCompiler<TSchema>;
  /** Milliseconds between two readings of what other servers revoked. */
  readonly revocationPollMs?: number;
}

const MINUTE_MS = 60_000;

/**
 * The API gateway: TLS, time-outs, request ids, errors, validation, authentication, limits, logs and
 * documentation around the features' routes. `app.listen()` opens the port; `app.close()` lets
 * running requests finish, answers new ones 503 and closes what was begun here, not the database.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, ambient, log } = options;
  const app: App = fastify({
    loggerInstance: log,
    logController: new LogController({
      disableRequestLogging: true,
      requestIdLogLabel: 'requestId',
    }),
    genReqId: () => ambient.newId(),
    requestIdHeader: false,
    bodyLimit: JSON_LIMIT,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    serverFactory: listenerFactory(config.tls),
    clientErrorHandler: refuseConnection,
    frameworkErrors: refuseUnroutable,
    // The hook below answers as the contract says.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
  });
  app.setValidatorCompiler(validatorCompiler);
  // Answers are typed against their schemas at compile time; native JSON is the fastest.
  app.setSerializerCompiler(options.serializerCompiler ?? (() => JSON.stringify));

  const limits = createLimits(options);
  const accounts = createAccounts({ ...options, callsBeforeLogin: limits.perAddress });
  // First, for its hook hangs up on those who are refused an upgrade by the hooks behind it.
  await addWebSockets(app);
  addSecurityHeaders(app, config.url);
  addRequestLog(app, options.observe);
  addErrorReplies(app, (reply) => sendLostPage(options.web, reply));
  refuseWhileClosing(app);
  addBodyParsers(app);
  addAuthentication(app, accounts.authenticator, limits);
  app.addHook('onClose', () => accounts.close());

  await app.register(cookie);
  await addOpenApi(app, VERSION);
  addWebApp(app, options.web);
  for (const addRoutes of [healthRoutes, accounts.addRoutes, ...options.features]) addRoutes(app);
  return app;
}

function createLimits({ config, ambient }: AppOptions) {
  const now = () => ambient.now();
  const { perUser, address } = config.limits;
  return {
    perUser: createRateLimiter({ limit: perUser, windowMs: MINUTE_MS, now, what: 'requests' }),
    perAddress: createRateLimiter({
      limit: address,
      windowMs: 15 * MINUTE_MS,
      now,
      what: 'calls before login from this address',
    }),
  };
}

function refuseWhileClosing(app: App): void {
  let isClosing = false;
  app.addHook('preClose', (done) => {
    isClosing = true;
    done();
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    done(isClosing ? new AppError('shutting-down', undefined, { retryAfter: 1 }) : undefined);
  });
  // A kept connection would hold the close up until it idles out.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing) reply.header('connection', 'close');
    done(null, payload);
  });
}
