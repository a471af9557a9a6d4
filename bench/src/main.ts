/**
 * Measures Valise beside its peers and prints a report in Markdown.
 *
 *   npm run bench                         every suite
 *   npm run bench -- large-file --rounds 3 --out docs/benchmarks.md
 *   npm run bench -- sync --files 1000000 --part rest --part large
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeMachine } from './measure/machine.ts';
import { type Report, toMarkdown } from './measure/report.ts';
import { apiCalls } from './suites/api-calls.ts';
import { changes } from './suites/changes/changes.ts';
import { chunkLists } from './suites/chunk-lists.ts';
import { chunking } from './suites/chunking.ts';
import { deltas } from './suites/deltas.ts';
import { edge } from './suites/edge/edge.ts';
import { events } from './suites/events.ts';
import { hugeFile } from './suites/huge-file.ts';
import { largeFile } from './suites/large-file.ts';
import { objectStore } from './suites/object-store.ts';
import { sharing } from './suites/sharing.ts';
import { smallFiles } from './suites/small-files.ts';
import { isPart, sync } from './suites/sync/sync.ts';

const MiB = 1_048_576;

const SUITES: Readonly<Record<string, (rounds: number) => Promise<Report>>> = {
  'large-file': (rounds) => largeFile(rounds, 2048 * MiB),
  'small-files': (rounds) => smallFiles(rounds, 10_000),
  'api-calls': (rounds) => apiCalls(rounds),
  'object-store': (rounds) => objectStore(rounds),
  deltas: () => deltas(1024 * MiB),
  changes: (rounds) => changes(rounds, { files: 1_000_000, sockets: 10_000 }),
  sharing: (rounds) => sharing(rounds),
  chunking: (rounds) => chunking(rounds, 2048 * MiB),
  'chunk-lists': (rounds) => chunkLists(rounds, 50 * 1024 * MiB, 2048 * MiB),
  edge: (rounds) => edge(rounds, 1024 * MiB),
  events: () => events(500),
  'huge-file': () => hugeFile(50 * 1024 * MiB),
  sync: () =>
    sync({
      files: Number(values.files),
      ...(values.part && { parts: values.part.filter(isPart) }),
    }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    /** Of the folder that the sync agent holds at rest. */
    files: { type: 'string', default: '100000' },
    /** Of the suite `sync`: edits, first, rest, large; all if left out. */
    part: { type: 'string', multiple: true },
    out: { type: 'string' },
  },
});
const chosen = positionals.length === 0 ? Object.keys(SUITES) : positionals;
const unknown = chosen.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(
    `No such suite: ${unknown.join(', ')}. There are: ${Object.keys(SUITES).join(', ')}`,
  );
  process.exit(2);
}

const parts = ['# Benchmarks', '', await describeMachine(), ''];
for (const name of chosen) {
  console.error(`… ${name}`);
  const report = await SUITES[name]?.(Number(values.rounds));
  if (report !== undefined) parts.push(toMarkdown(report));
}
const text = parts.join('\n');
console.log(text);
if (values.out !== undefined) await writeFile(values.out, text);
