import assert from 'node:assert/strict';
import { lines, valise } from './cli.ts';
import type { TestServer } from './server.ts';

export interface Finding {
  readonly state: string;
  readonly says: string;
  readonly mend?: string;
}

export interface Examined {
  readonly code: number | null;
  readonly healthy: boolean;
  /** By check, in order. */
  readonly findings: ReadonlyMap<string, Finding>;
}

/** `valise doctor` with a server's own settings but for `env`. */
export async function examineServer(
  server: TestServer,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<Examined> {
  const result = await valise(['doctor', '--json', ...args], {
    home: server.data,
    env: { ...server.env, ...env },
  });
  const all = lines(result);
  const last = all.at(-1);
  assert.equal(last?.type, 'examined', result.stdout + result.stderr);
  const findings = all.filter(({ type }) => type === 'finding');
  for (const { state, says, mend, check } of findings) {
    assert.ok(says.length > 10);
    const isBad = state === 'failed' || state === 'warning';
    assert.equal(typeof mend === 'string' && mend.length > 10, isBad, `${check}: ${mend}`);
  }
  return {
    code: result.code,
    healthy: last.healthy,
    findings: new Map(findings.map((one) => [one.check, one])),
  };
}

export function bad({ findings }: Examined): string[] {
  return [...findings].filter(([, { state }]) => state === 'failed').map(([check]) => check);
}

/** That is the one thing that is wrong, and its line says to set or run this. */
export function assertFails(examined: Examined, check: string, mend: RegExp): void {
  assert.deepEqual(bad(examined), [check]);
  assert.match(examined.findings.get(check)?.mend ?? '', mend);
  assert.deepEqual([examined.code, examined.healthy], [1, false]);
}
