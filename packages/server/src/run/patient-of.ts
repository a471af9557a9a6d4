import type { Config, ParsedConfig } from '../config/config.ts';
import type { Patient } from '../doctor/patient.ts';
import { findKnownParts } from './known-parts.ts';

/** The installation of these settings, for the doctor. */
export async function patientOf(
  config: Config | ParsedConfig,
  { expectsEvents }: Pick<Patient, 'expectsEvents'>,
): Promise<Patient> {
  const { url, cdn, redisUrl } = config;
  return {
    url,
    cdn,
    redisUrl,
    ...(await findKnownParts(config)),
    isDatabaseEmbedded: 'embedded' in config.database,
    isStoreEmbedded: config.s3 === null,
    expectsEvents,
    now: () => new Date(),
  };
}
