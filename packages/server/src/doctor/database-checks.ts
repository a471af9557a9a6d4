import { type DatabaseState, inspectDatabase } from '../db/inspect-database.ts';
import { type Findings, failed, ok } from './finding.ts';
import type { Patient } from './patient.ts';
import { faultText } from './probe-request.ts';

/** 15 brought unique indexes in which nulls count as equal. */
const LEAST_VERSION = 150_000;

/** Answers the database's state for later checks; null when it can't be used. */
export async function* databaseChecks(patient: Patient): Findings<DatabaseState | null> {
  const { databaseUrl, isDatabaseEmbedded } = patient;
  const start = 'Start the server on this data folder: npm start';
  if (databaseUrl === null) {
    yield failed('database', 'The embedded PostgreSQL has never run here.', start);
    return null;
  }
  const { hostname, port, pathname } = new URL(databaseUrl);
  const place = `${hostname}:${port || '5432'}${pathname}`;
  let state: DatabaseState;
  try {
    state = await inspectDatabase(databaseUrl);
  } catch (error) {
    const says = `The database at ${place} can't be used: ${faultText(error)}.`;
    const mend = `Set DATABASE_URL so that this works from here: psql "$DATABASE_URL" -c 'SELECT 1'`;
    yield failed('database', says, isDatabaseEmbedded ? start : mend);
    return null;
  }
  yield* judge(state, place);
  return state;
}

function* judge(state: DatabaseState, place: string) {
  const { version, versionNumber, isStandby, missing, unknown } = state;
  if (versionNumber < LEAST_VERSION) {
    const says = `PostgreSQL ${version} at ${place} is too old.`;
    yield failed('database', says, 'Upgrade it to PostgreSQL 15 or newer.');
  } else if (isStandby) {
    const says = `PostgreSQL at ${place} is a standby: nothing can be written there.`;
    yield failed('database', says, 'Set DATABASE_URL to the primary server.');
  } else {
    yield ok('database', `PostgreSQL ${version} at ${place} answers.`);
  }
  if (unknown.length > 0) {
    const says = `The database was used by a newer Valise (${unknown.join(', ')}).`;
    yield failed('database.tables', says, 'Start that newer version, or restore a backup.');
  } else if (missing.length > 0) {
    const says = `The database lacks ${missing.length} migrations.`;
    yield failed('database.tables', says, 'Start this version of the server once: npm start');
  } else {
    yield ok('database.tables', 'The database has the tables of this version.');
  }
}
