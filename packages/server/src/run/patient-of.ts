import type { Config, ParsedConfig } from '../config/config.ts';
import type { ExpectedEvents, Patient } from '../doctor/patient.ts';
import { findKnownParts } from './known-parts.ts';

/**
 * The installation of these settings, for the doctor. `hasEventsSecret`: one was set, so somebody is to
 * use it.
 */
export async function patientOf(
  config: Config | ParsedConfig,
  { hasEventsSecret }: { readonly hasEventsSecret: boolean },
): Promise<Patient> {
  const { url, cdn, redisUrl } = config;
  return {
    url,
    cdn,
    redisUrl,
    ...(await findKnownParts(config)),
    isDatabaseEmbedded: 'embedded' in config.database,
    isStoreEmbedded: config.s3 === null,
    events: expectedEvents(config, hasEventsSecret),
    now: () => new Date(),
  };
}

function expectedEvents(
  { s3, events }: Config | ParsedConfig,
  hasEventsSecret: boolean,
): ExpectedEvents {
  if (events.queue !== null) return { kind: 'queue', url: events.queue.url };
  return { kind: s3 === null || hasEventsSecret ? 'webhook' : 'none' };
}
