import { createHttpS3Caller } from '../storage/http-s3-caller.ts';
import { doctorKeys } from '../storage/probe-keys.ts';
import { retryingS3Caller } from '../storage/retrying-s3-caller.ts';
import { createS3ObjectStore } from '../storage/s3-object-store.ts';
import { apiChecks } from './api-check.ts';
import { busCheck } from './bus-check.ts';
import { cdnChecks } from './cdn-checks.ts';
import { type ClockReading, checkClocks } from './clock-check.ts';
import { compressionCheck } from './compression-check.ts';
import { checkCors } from './cors-check.ts';
import { databaseChecks } from './database-checks.ts';
import { checkEvents } from './event-check.ts';
import { type Finding, type Findings, failed, skipped } from './finding.ts';
import { checkLifecycle } from './lifecycle-check.ts';
import type { DoctorOptions, Patient } from './patient.ts';
import { faultText } from './probe-request.ts';
import { readChecks } from './read-checks.ts';
import { checkAccess } from './store-access.ts';
import type { StoreVisit } from './store-visit.ts';
import { tlsChecks } from './tls-checks.ts';
import { uploadChecks } from './upload-checks.ts';

/**
 * Looks at everything an installation stands on, from the machine that it is asked on: some forty
 * requests, one of 5 MiB. What it puts it takes away again; nothing of anybody's is touched.
 */
export async function* examine(patient: Patient, options: DoctorOptions): Findings {
  const clocks: ClockReading[] = [];
  const state = yield* guard('database', databaseChecks(patient));
  if (state !== null) clocks.push({ part: 'the database', theirs: state.now, ours: patient.now() });
  yield* guard('bus', busCheck(patient, state !== null));
  const api = yield* guard('api', apiChecks(patient));
  if (api) clocks.push(api);
  const store = yield* guard(
    'store',
    storeChecks(patient, { ...options, canHear: api !== null && state !== null }),
  );
  if (store) clocks.push(store);
  yield* guard('compression', compressionCheck(patient, state));
  yield* guard('tls', tlsChecks(patient));
  yield checkClocks(clocks);
}

/** A check that breaks off is a finding like others, and no reason to leave the rest out. */
async function* guard<T>(part: string, findings: Findings<T>): Findings<T | null> {
  try {
    return yield* findings;
  } catch (error) {
    const mend = 'See what the lines above say; if nothing is wrong with them, report this.';
    yield failed(part, `The look at it broke off: ${faultText(error)}.`, mend);
    return null;
  }
}

interface StoreOptions extends DoctorOptions {
  /** API and database are up: events of the store can arrive. */
  readonly canHear: boolean;
}

async function* storeChecks(
  patient: Patient,
  options: StoreOptions,
): Findings<ClockReading | null> {
  const settings = patient.store;
  if (settings === null) {
    const says = 'The embedded object store has never run here.';
    yield failed('store', says, 'Start the server on this data folder: npm start');
    return null;
  }
  const caller = createHttpS3Caller(settings, patient.now);
  try {
    const { finding, clock } = await checkAccess(caller, settings, patient);
    yield finding;
    if (finding.state === 'failed') {
      yield skipped('store.*', 'The store can’t be used.');
      yield skipped('cdn', 'The store can’t be used.');
    } else {
      const keys = new Set<string>();
      const visit = openVisit({ patient, settings, caller: retryingS3Caller(caller) }, keys);
      try {
        yield* lookAround(visit, options);
      } finally {
        await visit.store.remove([...keys]).catch(() => undefined);
      }
    }
    return clock === null ? null : { part: 'the store', ...clock };
  } finally {
    caller.close();
  }
}

function openVisit(
  base: Pick<StoreVisit, 'patient' | 'settings' | 'caller'>,
  keys: Set<string>,
): StoreVisit {
  const key = doctorKeys();
  return {
    ...base,
    store: createS3ObjectStore(base.caller, base.settings),
    publicSetting: base.patient.isStoreEmbedded ? 'VALISE_OBJECTS_URL' : 'S3_PUBLIC_ENDPOINT',
    keyOf(n) {
      keys.add(key(n));
      return key(n);
    },
    remember: (one) => void keys.add(one),
  };
}

async function* lookAround(visit: StoreVisit, options: StoreOptions): Findings {
  const { key, body, pinning } = yield* uploadChecks(visit);
  yield await checkLifecycle(visit, options);
  if (key === null) {
    for (const check of ['store.get', 'store.private', 'store.cors', 'store.events', 'cdn']) {
      yield skipped(check, 'There is nothing to look at.');
    }
    return;
  }
  yield* readChecks(visit, { key, body });
  yield await checkCors(visit, pinning, options);
  yield await checkEvents(visit, options.canHear);
  yield* guard('cdn', cdnChecks(visit));
}

export interface Examination {
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
}

/** All findings at once, for programs. */
export async function examineAll(patient: Patient, options: DoctorOptions): Promise<Examination> {
  const findings: Finding[] = [];
  for await (const finding of examine(patient, options)) findings.push(finding);
  return { healthy: isHealthy(findings), findings };
}

/** Whether everything is as it should be; warnings are for whoever wants better. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ state }) => state !== 'failed');
}
