import { createFileHasher } from '@valise/client-node/hashing';
import type { ComposingAbility, PlannedPart } from '@valise/core/plan';
import { type Command, Option } from 'commander';
import { hashLocal } from '../hash/hash-local.ts';
import { formatBytes, plural } from '../output/format.ts';
import { type EditPlan, type PlanReason, planEdit } from '../plan/plan-edit.ts';
import type { Context, Runner } from '../run/context.ts';
import { EXIT, type ExitCode } from '../run/exit-codes.ts';

const HELP = `
Says what "valise put" would send if OLD were on the server and NEW replaced it, and what a device
that has OLD would fetch. Both are local files. Nobody needs to be logged in, and no server is asked.

Examples:
  valise plan backup-monday.tar backup-tuesday.tar
  valise plan --parts --json old.db new.db`;

/** What stores can do, by what they are called here. */
const STORES: Readonly<Record<string, ComposingAbility>> = {
  embedded: { minimumSource: 1, equalPartsOnly: false },
  aws: { minimumSource: 5 * 1_048_576 + 1, equalPartsOnly: false },
  plain: null,
};

interface PlanOptions {
  readonly store: string;
  readonly parts?: true;
}

export function addPlan(program: Command, run: Runner): void {
  program
    .command('plan')
    .description('say what an edit of a file would ship')
    .argument('<old>', 'the file as it was')
    .argument('<new>', 'the file as it is now')
    .addOption(
      new Option('--store <kind>', 'what stores the files; plain: one that copies no ranges')
        .choices(Object.keys(STORES))
        .default('embedded'),
    )
    .option('--parts', 'also list the parts that the new object is made of')
    .addHelpText('after', HELP)
    .action((before: string, after: string, options: PlanOptions) =>
      run((context) => runPlan(context, [before, after], options)),
    );
}

async function runPlan(
  { out, signal }: Context,
  [before, after]: readonly [string, string],
  { store, parts }: PlanOptions,
): Promise<ExitCode> {
  const hasher = createFileHasher();
  try {
    const old = await hashLocal(before, { hasher, signal });
    const fresh = await hashLocal(after, { hasher, signal });
    const plan = planEdit(old, fresh, STORES[store] ?? null);
    if (parts) {
      for (const line of partLines(plan)) out.result({ type: 'part', ...line }, describePart(line));
    }
    const { parts: planned, stagings, ...figures } = plan;
    const counts = {
      uploads: countOf(plan, 'upload'),
      copies: countOf(plan, 'copy'),
      stagings: stagings.length,
      parts: planned.length,
    };
    const sizes = { oldSize: old.size, size: fresh.size };
    out.result({ type: 'plan', ...sizes, ...figures, ...counts }, describe(plan, fresh.size));
    return EXIT.done;
  } finally {
    await hasher.close();
  }
}

type PartLine = PlannedPart & { readonly of: 'file' | 'staging'; readonly number: number };

/** Staging objects first: the file's parts are made of them. */
function partLines({ parts, stagings }: EditPlan): PartLine[] {
  return [
    ...stagings.flatMap((staging, number) =>
      staging.map((part): PartLine => ({ ...part, of: 'staging', number })),
    ),
    ...parts.map((part, index): PartLine => ({ ...part, of: 'file', number: index + 1 })),
  ];
}

function describePart(part: PartLine): string {
  const where = part.of === 'file' ? `part ${part.number}` : `staging ${part.number}`;
  switch (part.kind) {
    case 'upload':
      return `${where}: send ${part.size} bytes from ${part.offset} on`;
    case 'copy':
      return `${where}: copy ${part.size} bytes of the old file from ${part.from} on`;
    case 'staged':
      return `${where}: all of staging ${part.staging}, ${part.size} bytes`;
  }
}

function countOf({ parts, stagings }: EditPlan, kind: PlannedPart['kind']): number {
  return [...parts, ...stagings.flat()].filter((part) => part.kind === kind).length;
}

const REASONS: Readonly<Record<PlanReason, string>> = {
  'same-content': 'The content is the same: nothing is sent.',
  empty: 'An empty file has no content: nothing is sent.',
  'small-file': 'Files up to 8 MiB are sent whole, in one request.',
  assembled: 'The store copies what it has and takes the rest.',
  'cannot-compose': 'This store copies no ranges: the file is sent whole.',
  'nothing-known': 'Nothing of the old file is in it that could be copied: it is sent whole.',
  'too-scattered': 'The changes are too many and too scattered: the file is sent whole.',
};

function describe(plan: EditPlan, size: number): string {
  const { changedChunks, chunks, changedBytes, uploadBytes, downloadBytes } = plan;
  const share = size === 0 ? 0 : (100 * uploadBytes) / size;
  const lines = [
    `changed: ${changedChunks.toLocaleString('en')} of ${plural(chunks, 'chunk')}, ${formatBytes(changedBytes)}`,
    `up:      ${formatBytes(uploadBytes)} of ${formatBytes(size)} (${share.toFixed(1)} %) in ${plural(countOf(plan, 'upload'), 'request')}, and ${formatBytes(plan.listBytes)} of chunk list`,
    `down:    ${formatBytes(downloadBytes)}, where the old file is at hand`,
    REASONS[plan.why],
  ];
  if (plan.why === 'assembled') {
    lines.push(
      `It copies ${plural(countOf(plan, 'copy'), 'range')} and joins ${plural(plan.stagings.length, 'temporary object')}.`,
    );
    if (uploadBytes > changedBytes) {
      lines.push(
        `${formatBytes(uploadBytes - changedBytes)} more than changed: a part is at least 5 MiB, which can't be avoided near the beginning of a file and costs less than joining where changes lie close.`,
      );
    }
  }
  return lines.join('\n');
}
