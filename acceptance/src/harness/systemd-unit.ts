/** What systemd would start, read by the rules of systemd.syntax(7), systemd.exec(5) and systemd.service(5). */
export interface StartedBySystemd {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export function readUnit(text: string): StartedBySystemd {
  const values = (name: string) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}=`))
      .map((line) => line.slice(name.length + 1));
  const [binary = '', ...args] = values('ExecStart').flatMap(words);
  const variables = values('Environment').flatMap(words);
  return {
    command: [binary, ...args.map((word) => word.replaceAll('$$', '$'))],
    env: Object.fromEntries(
      variables.map((pair) => [
        pair.slice(0, pair.indexOf('=')),
        pair.slice(pair.indexOf('=') + 1),
      ]),
    ),
  };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', s: ' ' };

/** Words in double quotes or without; escapes as in C; `%%` is a percent sign. */
function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = '']) =>
    (quoted ?? plain)
      .replaceAll(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter)
      .replaceAll('%%', '%'),
  );
}
