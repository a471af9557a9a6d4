import { AppError, isErrorCode } from '@valise/core/errors';
import { ClientError } from '../errors/client-error.ts';
import type { TransportAnswer } from '../ports.ts';
import { parseRetryAfter } from '../retry/retry-after.ts';

/** What stands between us and the server when these come without a problem document. */
const GATEWAY_STATUS = new Set([502, 503, 504]);
const PROBLEM_MEMBERS = new Set(['type', 'title', 'status', 'code', 'detail']);

/** Turns an API answer of 400 and above into the error that it means. */
export async function errorOfAnswer(answer: TransportAnswer): Promise<AppError | ClientError> {
  const text = new TextDecoder().decode(await answer.bytes());
  const retryAfter = parseRetryAfter(answer.header('retry-after'));
  const error = problemError(parseJson(text), retryAfter);
  if (error !== null) return error;
  if (answer.status === 429) return tooFast(retryAfter);
  if (GATEWAY_STATUS.has(answer.status)) {
    return new ClientError('unreachable', `The server answered ${answer.status}.`, { retryAfter });
  }
  return new ClientError(
    'broken-answer',
    `The server answered ${answer.status} without saying why. Is it a Valise server?`,
  );
}

/** The error that a problem document stands for; null when it is none (or of an unknown code). */
export function problemError(problem: unknown, retryAfter?: number): AppError | null {
  if (typeof problem !== 'object' || problem === null) return null;
  const { code, detail } = problem as { readonly code?: unknown; readonly detail?: unknown };
  if (!isErrorCode(code)) return null;
  const extra = Object.entries(problem).filter(([member]) => !PROBLEM_MEMBERS.has(member));
  return new AppError(code, typeof detail === 'string' ? detail : undefined, {
    details: Object.fromEntries(extra),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function tooFast(retryAfter: number | undefined): AppError {
  return new AppError('rate-limited', undefined, retryAfter === undefined ? {} : { retryAfter });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
