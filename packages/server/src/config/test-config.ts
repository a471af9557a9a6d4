import type { Config } from './config.ts';
import { parseConfig } from './parse-config.ts';

/** What an empty environment gives, with a fixed secret; for tests. */
export function testConfig(changes: Partial<Config> = {}): Config {
  const parsed = parseConfig({});
  const events = { ...parsed.events, secret: 'events-secret' };
  return { ...parsed, jwtSecret: new Uint8Array(32).fill(7), events, ...changes };
}
