import { lookup } from 'node:dns';
import { type AgentOptions, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { StoreSettings } from './store-settings.ts';

export interface StoreAgent {
  readonly agent: HttpAgent | HttpsAgent;
  readonly send: typeof httpRequest;
}

/** Connections to the store, encrypted or not as its endpoint says. */
export function createStoreAgent(settings: StoreSettings, options: AgentOptions): StoreAgent {
  const all = { ...options, lookup: lookupStore };
  if (!settings.endpoint.startsWith('https:')) {
    return { agent: new HttpAgent(all), send: httpRequest };
  }
  return { agent: new HttpsAgent({ ...all, ...trustOf(settings) }), send: httpsRequest };
}

/**
 * Names below `localhost` are this machine (RFC 6761), as buckets in the host name of a local store
 * are; not every system's resolver knows.
 */
export const lookupStore: LookupFunction = (hostname, options, callback) => {
  lookup(hostname.endsWith('.localhost') ? 'localhost' : hostname, options, callback);
};

/**
 * The embedded store has the certificate of the public name, but is reached by this machine's
 * address: then that certificate itself is what counts, not the name or who issued it.
 */
function trustOf({ trustedCertificate }: StoreSettings) {
  if (trustedCertificate === undefined) return {};
  return {
    ca: trustedCertificate,
    allowPartialTrustChain: true,
    checkServerIdentity: () => undefined,
  };
}
