/** One line of the report: what was measured, beside what it is held against. */
export interface Figure {
  readonly what: string;
  readonly measured: string;
  readonly aim: string;
  readonly met: boolean;
  readonly detail?: string;
}

export interface Report {
  readonly title: string;
  readonly how: string;
  readonly figures: readonly Figure[];
}

export function toMarkdown(report: Report): string {
  const rows = report.figures.map(
    ({ what, measured, aim, met, detail }) =>
      `| ${what} | ${measured} | ${aim} | ${met ? 'yes' : '**no**'} | ${detail ?? ''} |`,
  );
  return [
    `## ${report.title}`,
    '',
    report.how,
    '',
    '| what | measured | aim | met | detail |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

export const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`;
export const mebibytes = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`;
export const times = (ratio: number) => `${ratio.toFixed(2)} ×`;
