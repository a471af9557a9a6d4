import { plainBrackets } from './git-brackets.ts';

/**
 * A file of patterns as the library understands it. Where it and Git differ, the pattern is written
 * in another way that means the same to both: bracket expressions with `!`, `]` or classes in them,
 * `/**` and a closing `/**\/`, a tab at the end, a lone `!`, and a mark of byte order before a comment.
 * What stays another: a character that isn't ASCII is one to `?` and to brackets; to Git it is its bytes.
 */
export function gitPatterns(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => plainPattern(line.replace(/\r$/, '')))
    .join('\n');
}

function plainPattern(line: string): string {
  const pattern = plainBrackets(line)
    // Only spaces are cut off at the end.
    .replace(/\t/g, '[\\u0009]')
    .replace(/(^|\/)\*\*\/( *)$/, '$1**/*/$2');
  switch (pattern.trimEnd()) {
    case '!':
      return '';
    case '/**':
      return '**';
    case '!/**':
      return '!**';
    default:
      return pattern;
  }
}
