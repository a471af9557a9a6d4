import { type Random, textOf } from './test-random.ts';

const WORDS =
  'the quick brown fox jumps over a lazy dog while bits of rain fall slowly on every mountain'.split(
    ' ',
  );

const word = (random: Random) => WORDS[random.below(WORDS.length)] ?? '';
const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
const clock = (second: number) =>
  `2026-11-26T${two((second / 3600) % 24)}:${two((second / 60) % 60)}:${two(second % 60)}`;

type Line = (random: Random, number: number) => string;

const LINES: Readonly<Record<string, Line>> = {
  prose: (random) => `${word(random)} `,
  'server log': (random, number) =>
    `${clock(number)}.${random.below(1000)}Z INFO GET /files/${random.below(1e6)} 200\n`,
  'log of nothing but time': (_, number) => `${clock(number)}Z INFO server ok\n`,
  CSV: (random, number) => `${number},${random.below(1000)},${random.below(1e5) / 100}\n`,
  'rising numbers': (_, number) => `${String(number).padStart(8, '0')}\n`,
  JSON: (random, number) =>
    `{"id":${number},"name":"${word(random)}","active":true,"score":${random.below(100)}},`,
  XML: (random, number) => `  <row id="${number}"><name>${word(random)}</name></row>\n`,
  DNA: (random) => 'ACGT'.charAt(random.below(4)),
  'decimal digits': (random) => String(random.next()).padStart(10, '0').slice(2),
  'binary digits': (random) => String(random.below(2)),
  hex: (random) => random.next().toString(16).padStart(8, '0'),
};

/** Text as people and programs write it, by name. */
export const TEXTS = new Map(
  Object.entries(LINES).map(([name, line]) => [
    name,
    (random: Random, size: number) => textOf(size, (number) => line(random, number)),
  ]),
);

TEXTS.set('UTF-16', (random, size) => {
  const narrow = textOf(Math.ceil(size / 2), () => `${word(random)} `);
  const wide = new Uint8Array(size);
  for (let at = 0; at < size; at += 2) wide[at] = narrow[at / 2] ?? 0;
  return wide;
});

TEXTS.set('tar of texts', (random, size) => {
  const files: string[] = [];
  for (let total = 0; total < size; ) {
    const body = Array.from({ length: random.below(3000) }, () => word(random)).join(' ');
    const header = `folder/${random.below(1e4)}.txt`.padEnd(124, '\0') + body.length.toString(8);
    const file = header.padEnd(512, '\0') + body.padEnd(Math.ceil(body.length / 512) * 512, '\0');
    files.push(file);
    total += file.length;
  }
  return textOf(size, (number) => files[number] ?? ' ');
});
