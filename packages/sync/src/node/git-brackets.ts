/** As in the C locale, which Git uses whatever the person's is. */
const CLASSES: Readonly<Record<string, readonly Range[]>> = {
  alnum: [range('0', '9'), range('A', 'Z'), range('a', 'z')],
  alpha: [range('A', 'Z'), range('a', 'z')],
  blank: [range(' ', ' '), range('\t', '\t')],
  cntrl: [range('\0', '\x1f'), range('\x7f', '\x7f')],
  digit: [range('0', '9')],
  graph: [range('!', '~')],
  lower: [range('a', 'z')],
  print: [range(' ', '~')],
  punct: [range('!', '/'), range(':', '@'), range('[', '`'), range('{', '~')],
  space: [range(' ', ' '), range('\t', '\r')],
  upper: [range('A', 'Z')],
  xdigit: [range('0', '9'), range('A', 'F'), range('a', 'f')],
};

const LAST = 0xffff;
const SLASH = '/'.charCodeAt(0);

type Range = readonly [from: number, to: number];

/** `[!a-z]`, `[]x]`, `[[:digit:]]` as ranges alone, each code unit as `\uXXXX`. */
export function plainBrackets(pattern: string): string {
  let plain = '';
  for (let at = 0; at < pattern.length; ) {
    const bracket = pattern[at] === '[' ? parseBracket(pattern, at) : null;
    if (bracket !== null) {
      plain += `[${bracket.ranges.map(written).join('')}]`;
      at = bracket.end;
      continue;
    }
    const length = pattern[at] === '\\' ? 2 : 1;
    plain += pattern.slice(at, at + length);
    at += length;
  }
  return plain;
}

/** Null: it has no end, and so the pattern is like nothing. */
function parseBracket(
  pattern: string,
  start: number,
): { readonly ranges: readonly Range[]; readonly end: number } | null {
  const ranges: Range[] = [];
  let at = start + 1;
  const isNegated = pattern[at] === '!' || pattern[at] === '^';
  if (isNegated) at++;
  for (let isFirst = true; isFirst || pattern[at] !== ']'; isFirst = false) {
    const name = /^\[:([^\]]*):\]/.exec(pattern.slice(at));
    if (name !== null) {
      ranges.push(...(CLASSES[name[1] ?? ''] ?? []));
      at += name[0].length;
      continue;
    }
    const from = parseUnit(pattern, at);
    if (from === null) return null;
    const isRange = pattern[from.end] === '-' && pattern[from.end + 1] !== ']';
    const to = isRange ? parseUnit(pattern, from.end + 1) : from;
    if (to === null) return null;
    ranges.push([from.unit, to.unit]);
    at = to.end;
  }
  const others = othersThan(ranges);
  return { ranges: isNegated ? others : othersThan(others), end: at + 1 };
}

function parseUnit(
  pattern: string,
  at: number,
): { readonly unit: number; readonly end: number } | null {
  const start = pattern[at] === '\\' ? at + 1 : at;
  return start < pattern.length ? { unit: pattern.charCodeAt(start), end: start + 1 } : null;
}

/** All but these, and never a slash: no bracket is one. */
function othersThan(ranges: readonly Range[]): Range[] {
  const others: Range[] = [];
  let next = 0;
  for (const [from, to] of [...ranges, [SLASH, SLASH] as const].filter(isSome).toSorted(byStart)) {
    if (from > next) others.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= LAST) others.push([next, LAST]);
  return others;
}

function byStart([left]: Range, [right]: Range): number {
  return left - right;
}

function isSome([from, to]: Range): boolean {
  return from <= to;
}

/** In upper case: the library takes the digit before a hyphen for a range's start. */
function written([from, to]: Range): string {
  return from === to ? unit(from) : `${unit(from)}-${unit(to)}`;
}

function unit(code: number): string {
  return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function range(from: string, to: string): Range {
  return [from.charCodeAt(0), to.charCodeAt(0)];
}
