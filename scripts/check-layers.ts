/**
 * Enforces the direction of dependencies and the purity of the shared packages. Every message gives
 * the reason; the tables stand in `layers/`. `node scripts/check-layers.ts [ROOT]`, exit code 1 on
 * faults.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCycles } from './layers/import-cycles.ts';
import { checkPackages, type Exports } from './layers/package-rules.ts';
import { checkPurity } from './layers/purity-rules.ts';
import { parseSource } from './layers/source-file.ts';

const SOURCES = [
  'packages/*/src/**/*.{ts,tsx}',
  '{acceptance,bench}/src/**/*.ts',
  'scripts/**/*.ts',
];

const root = process.argv[2] ?? join(import.meta.dirname, '..');
const files = globSync(SOURCES, { cwd: root })
  .map((path) => path.replaceAll('\\', '/'))
  .sort()
  .map((path) => parseSource(path, readFileSync(join(root, path), 'utf8')));
const exports = readExports();

const faults = files.flatMap((file) =>
  [...checkPackages(file, exports), ...checkPurity(file)].map((fault) => `${file.path}: ${fault}`),
);
for (const cycle of findCycles(files)) {
  faults.push(`Import cycle, nobody can read one of these alone: ${cycle.join(' → ')}`);
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else process.stdout.write(`${files.length} files keep to their layers.\n`);

function readExports(): Exports {
  const manifests = globSync(['packages/*/package.json', '{acceptance,bench}/package.json'], {
    cwd: root,
  });
  return Object.fromEntries(
    manifests.map((path) => {
      const manifest: unknown = JSON.parse(readFileSync(join(root, path), 'utf8'));
      const { exports: offered = {} } = manifest as { exports?: Record<string, unknown> };
      const [top = '', second = ''] = path.replaceAll('\\', '/').split('/');
      return [top === 'packages' ? second : top, Object.keys(offered)];
    }),
  );
}
