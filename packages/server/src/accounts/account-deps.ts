import type { FastifyBaseLogger } from 'fastify';
import type { Db } from '../db/database.ts';
import type { GatewayConfig } from '../http/gateway-config.ts';
import type { Ambient } from '../run/ambient.ts';

export interface AccountDeps {
  readonly db: Db;
  readonly ambient: Ambient;
  readonly config: GatewayConfig;
  readonly log: FastifyBaseLogger;
}
