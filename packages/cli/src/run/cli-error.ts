import type { CliErrorCode } from './exit-codes.ts';

/** An expected failure on this side of the wire. `message` says what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
