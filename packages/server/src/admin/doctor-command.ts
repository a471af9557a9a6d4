import { inspectConfig } from '../config/load-config.ts';
import { ConfigError } from '../config/parse-config.ts';
import { examine, isHealthy } from '../doctor/examine.ts';
import { type Finding, type FindingState, failed, ok } from '../doctor/finding.ts';
import { patientOf } from '../run/patient-of.ts';
import { type CommandContext, EXIT, type Exit } from './command.ts';

/** `doctor [--fix]`: prints each finding and a summary; exit code 1 when something is wrong. */
export async function runDoctor(
  context: CommandContext,
  options: { readonly fix: boolean },
): Promise<Exit> {
  const findings: Finding[] = [];
  const tell = (finding: Finding) => {
    findings.push(finding);
    context.print({ type: 'finding', ...finding }, textOf(finding));
  };
  try {
    const config = await inspectConfig(context.environment);
    const hasEventsSecret = config.events.secret !== null;
    const patient = await patientOf(config, { hasEventsSecret });
    tell(ok('settings', 'The settings can be used.'));
    for await (const finding of examine(patient, options)) tell(finding);
  } catch (error) {
    for (const fault of faultsOf(error)) tell(failed('settings', fault, 'docs/configuration.md'));
  }
  const counts = Object.fromEntries(
    [...Map.groupBy(findings, ({ state }) => state)].map(([state, list]) => [state, list.length]),
  );
  const healthy = isHealthy(findings);
  const text = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  context.print({ type: 'examined', healthy, ...counts }, `\n${text.join(', ')}`);
  return healthy ? EXIT.done : EXIT.failed;
}

function faultsOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.faults;
  return [error instanceof Error ? error.message : String(error)];
}

const WORDS: Readonly<Record<FindingState, string>> = {
  ok: 'ok',
  warning: 'WARNING',
  failed: 'FAILED',
  fixed: 'fixed',
  skipped: 'skipped',
};

function textOf({ state, check, says, mend }: Finding): string {
  const line = `${WORDS[state].padEnd(8)} ${check.padEnd(16)} ${says}`;
  return mend === undefined ? line : `${line}\n${' '.repeat(26)}→ ${mend}`;
}
