import type { Config } from '../config/config.ts';

/** What the gateway and the accounts need of the configuration. */
export type GatewayConfig = Pick<
  Config,
  'url' | 'registration' | 'jwtSecret' | 'tls' | 'limits' | 'trustedProxies'
>;
