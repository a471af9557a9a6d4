/** The head of an HTTP/1.1 answer, and how many bytes follow. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly length: number;
  /** Whether the connection may be used again. */
  readonly keepAlive: boolean;
}

const STATUS_LINE = /^HTTP\/1\.1 ([2-5]\d\d)(?: |$)/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

/**
 * Reads the plain form that stores give byte ranges in: HTTP/1.1, a final status, one length.
 * Null for anything else, however legal (chunks, interim answers, folded or doubled headers).
 */
export function parseAnswerHead(text: string): AnswerHead | null {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first)?.[1];
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) return null;
    const key = name.toLowerCase();
    if (key === 'transfer-encoding') return null;
    if (key === 'content-length' && headers.has(key)) return null;
    headers.set(key, value);
  }
  const length = headers.get('content-length') ?? '';
  if (status === undefined || !/^\d{1,15}$/.test(length)) return null;
  const keepAlive = headers.get('connection')?.toLowerCase() !== 'close';
  return { status: Number(status), headers, length: Number(length), keepAlive };
}
