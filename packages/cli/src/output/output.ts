import type { Failure } from '../run/failure.ts';
import { printable } from './format.ts';

/** With `--json` every line is one object; `type` says which. */
export type JsonLine = { readonly type: string } & Readonly<Record<string, unknown>>;

/**
 * Where words go: results to stdout, everything else to stderr. With `--json`, stdout carries
 * results and errors as JSON lines, stderr progress alone.
 */
export interface Output {
  readonly json: boolean;
  /** May bars be drawn? */
  readonly tty: boolean;
  /** `text` is the human form; null where only scripts want to know. */
  result(line: JsonLine, text: string | null): void;
  /** Something worth knowing that is no result; not shown with `--json`. */
  note(text: string): void;
  /** `about` names what failed, e.g. `{path: '/a'}`. */
  failure(failure: Failure, about?: Readonly<Record<string, string>>): void;
  progress(line: JsonLine, text: string): void;
  /** While a bar is drawn, other lines on stderr must go above it; null ends that. */
  divert(above: ((text: string) => void) | null): void;
}

export interface OutputStreams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean };
}

export function createOutput(json: boolean, streams: OutputStreams = process): Output {
  const { stdout, stderr } = streams;
  const direct = (text: string): void => {
    stderr.write(text);
  };
  let err = direct;
  return {
    json,
    tty: !json && stderr.isTTY === true,
    result(line, text) {
      if (json) stdout.write(`${JSON.stringify(line)}\n`);
      else if (text !== null) stdout.write(`${text}\n`);
    },
    note(text) {
      if (!json) err(`${text}\n`);
    },
    failure({ code, detail }, about = {}) {
      if (json) {
        stdout.write(`${JSON.stringify({ type: 'error', code, detail, ...about })}\n`);
        return;
      }
      const subject = about.path ?? about.localPath;
      const named = subject === undefined || detail.includes(subject);
      err(`valise: ${named ? '' : `${printable(subject)}: `}${printable(detail)}\n`);
    },
    progress(line, text) {
      err(json ? `${JSON.stringify(line)}\n` : `${text}\n`);
    },
    divert(above) {
      err = above ?? direct;
    },
  };
}
