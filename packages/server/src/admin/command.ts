/** How a command of the administrator ends; the command line documents the codes. */
export const EXIT = { done: 0, failed: 1, usage: 2, partlyDone: 4, held: 5 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

export interface CommandContext {
  /** Variables of the server that is looked after. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  /** One result: as one JSON line, or as text for people. */
  print(line: { readonly type: string } & Readonly<Record<string, unknown>>, text: string): void;
}
