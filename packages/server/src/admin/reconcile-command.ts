import { inspectConfig } from '../config/load-config.ts';
import { openDatabase } from '../db/database.ts';
import type { Discrepancy } from '../reconcile/discrepancy.ts';
import { type Reconciled, reconcile } from '../reconcile/reconcile.ts';
import { findKnownParts } from '../run/known-parts.ts';
import { createHttpS3Caller } from '../storage/http-s3-caller.ts';
import { retryingS3Caller } from '../storage/retrying-s3-caller.ts';
import { createS3ObjectStore } from '../storage/s3-object-store.ts';
import { createS3StoreInventory } from '../storage/s3-store-inventory.ts';
import { type CommandContext, EXIT, type Exit } from './command.ts';

export interface ReconcileArguments {
  readonly free: boolean;
  readonly acceptDeletes: boolean;
  readonly olderThanMs: number;
}

/** It walks everything beside the requests of a server that runs. */
const STATEMENT_TIMEOUT_MS = 120_000;

/** `admin reconcile`: prints each discrepancy and a summary. Exit code 4 when content is missing. */
export async function runReconcile(
  context: CommandContext,
  args: ReconcileArguments,
): Promise<Exit> {
  const { databaseUrl, store: settings } = await findKnownParts(
    await inspectConfig(context.environment),
  );
  if (databaseUrl === null || settings === null) {
    throw new Error('Database and store have never run here: start the server once, npm start.');
  }
  const now = () => new Date();
  const caller = retryingS3Caller(createHttpS3Caller(settings, now));
  const db = openDatabase({
    url: databaseUrl,
    max: 2,
    applicationName: 'valise reconcile',
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    const sum = await reconcile(
      {
        db,
        // Old content may have come before encryption was demanded.
        store: createS3ObjectStore(caller, { ...settings, sse: null }),
        inventory: createS3StoreInventory(caller),
      },
      { ...args, now },
      (one, isYoung) => {
        if (!isYoung) context.print({ type: one.kind, ...withoutKind(one) }, textOf(one));
      },
    );
    context.print({ type: 'reconciled', ...sum }, summaryOf(sum));
    if (sum.isHeld) return EXIT.held;
    return sum.missing + sum.wrongSize > 0 ? EXIT.partlyDone : EXIT.done;
  } finally {
    await db.destroy();
    caller.close();
  }
}

function withoutKind({ kind: _kind, ...rest }: Discrepancy): Readonly<Record<string, unknown>> {
  return rest;
}

function textOf(one: Discrepancy): string {
  switch (one.kind) {
    case 'stray-object':
      return `stray    ${one.key}: ${one.size} bytes that nothing names`;
    case 'stray-upload':
      return `stray    ${one.key}: an unfinished upload that nobody remembers`;
    case 'unnamed-object':
      return `unnamed  ${one.key}: ${one.size} bytes that no file names any more`;
    case 'missing-object':
      return `MISSING  ${one.key}: ${one.size} bytes of ${filesText(one.fileIds)} are not at the store`;
    case 'wrong-size':
      return `WRONG    ${one.key}: ${one.storedSize} bytes at the store, ${one.size} in ${filesText(one.fileIds)}`;
  }
}

function filesText(ids: readonly string[]): string {
  return ids.length === 0 ? 'no file' : `${ids.length} files (${ids.slice(0, 3).join(', ')}…)`;
}

function summaryOf(sum: Reconciled): string {
  const { objects, rows, foreign, strays, strayBytes, young, missing, wrongSize, installations } =
    sum;
  const lines = [
    `${objects} objects at the store, ${rows} in the database; ${foreign} of others let be.`,
    `${strays} strays (${strayBytes} bytes), ${young} more too young to tell, ${missing} missing, ${wrongSize} of wrong size.`,
  ];
  if (installations > 1) {
    lines.push(
      `${installations} installations use this bucket: what this database doesn't know may be another's, ` +
        'and is let be. Of one that is gone for good, delete the mark below installations/.',
    );
  }
  if (sum.isHeld) {
    lines.push(
      'Nothing was freed: that would be most of what the store holds. Is DATABASE_URL the database of ' +
        'this bucket, and as new as it? Then repeat with --accept-deletes.',
    );
  } else if (sum.freed > 0) {
    lines.push(`Freed ${sum.freed} (${sum.freedBytes} bytes).`);
  } else if (strays > 0) {
    lines.push('--free frees the strays.');
  }
  return lines.join('\n');
}
