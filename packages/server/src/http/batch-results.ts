import { type AppError, batchFailure, isAppError } from '@valise/core/errors';
import type { FastifyRequest } from 'fastify';

/**
 * What a batch answers: each result at its request's place, or the problem that stands for it.
 * A failure of ours doesn't show in the answer's status, so it's logged here.
 */
export function batchResults<T extends object>(
  request: Pick<FastifyRequest, 'id' | 'log'>,
  answers: readonly T[],
): (Exclude<T, AppError> | ReturnType<typeof batchFailure>)[] {
  const failed = new Map<string, number>();
  const results = answers.map((answer) => {
    if (!isAppError(answer)) return answer as Exclude<T, AppError>;
    if (answer.status >= 500) failed.set(answer.code, (failed.get(answer.code) ?? 0) + 1);
    return batchFailure(answer, request.id);
  });
  if (failed.size > 0) request.log.error({ failed: Object.fromEntries(failed) }, 'batch failed');
  return results;
}
