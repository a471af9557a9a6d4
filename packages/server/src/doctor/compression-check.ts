import { sql } from 'kysely';
import { openDatabase } from '../db/database.ts';
import type { DatabaseState } from '../db/inspect-database.ts';
import { type Findings, failed, ok, skipped } from './finding.ts';
import type { Patient } from './patient.ts';

const CHECK = 'compression';

/** Only our edge decodes what is stored compressed; who reads it elsewhere gets what is stored. */
export async function* compressionCheck(
  { cdn, databaseUrl }: Patient,
  state: DatabaseState | null,
): Findings {
  if (cdn.driver === 'edge') {
    yield ok(
      CHECK,
      'Small text is stored compressed: the edge decodes it for who must have it so.',
    );
    return;
  }
  if (databaseUrl === null || state === null || state.missing.length > 0) {
    yield skipped(CHECK, 'The database can’t be asked.');
    return;
  }
  const count = await countCompressed(databaseUrl);
  const off = `CDN=${cdn.driver}: nothing is stored compressed, for nobody there would decode it`;
  yield count === 0
    ? ok(CHECK, `${off}.`)
    : failed(
        CHECK,
        `${off}, but ${count} contents are from another time: who doesn't take gzip gets them all the same.`,
        'Set CDN=edge again, with CDN_URL and CDN_KEY (npm run edge); or have their owners put these files again: valise put.',
      );
}

async function countCompressed(databaseUrl: string): Promise<number> {
  const db = openDatabase({ url: databaseUrl, max: 1, applicationName: 'valise doctor' });
  try {
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::integer AS count FROM objects
      WHERE content_encoding IS NOT NULL AND state = 'live'`.execute(db);
    return rows[0]?.count ?? 0;
  } finally {
    await db.destroy();
  }
}
