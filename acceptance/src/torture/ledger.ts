/** What people were told, against which the installation is held in the end. */
export class Ledger {
  /** Path below the root → SHA-256 of a file whose storing was acknowledged. */
  readonly files = new Map<string, string>();
  /** Path → SHA-256 of what was begun and left: whole, or not there at all. */
  readonly abandoned = new Map<string, string>();
  /** File id → name and SHA-256 of what was put into the trash. */
  readonly trash = new Map<string, { readonly name: string; readonly hash: string }>();
  /** Uploads begun over HTTP and left, by file id, with the parts that never came. */
  readonly begun = new Map<string, Begun>();
  readonly faults: string[] = [];
  attempts = 0;
  checks = 0;
}

export interface Begun {
  readonly uploadId: string;
  readonly path: string;
  readonly isWhole: boolean;
}
