import { ERRORS, type ErrorCode } from '@valise/core/errors';
import Type from 'typebox';

export const ProblemDocument = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'From a closed list' }),
    detail: Type.String({ description: 'What to do next' }),
    requestId: Type.Optional(Type.String()),
    field: Type.Optional(Type.String({ description: 'The member that is wrong' })),
  },
  { $id: 'Problem', description: 'RFC 9457; more members by `code`' },
);

const PROBLEM_CONTENT = { 'application/problem+json': { schema: { $ref: 'Problem#' } } };

/** What every route may answer besides its own. */
export const ANY_PROBLEM = { description: 'Any other failure', content: PROBLEM_CONTENT };

/** Documents the failures of a route: `response: {200: …, ...problems('email-taken')}`. */
export function problems(...codes: readonly ErrorCode[]) {
  const byStatus: Record<string, ReturnType<typeof problemResponse>> = {};
  for (const status of new Set(codes.map((code) => ERRORS[code].status))) {
    byStatus[status] = problemResponse(codes.filter((code) => ERRORS[code].status === status));
  }
  return byStatus;
}

export function problemResponse(codes: readonly ErrorCode[]) {
  const description = codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('; ');
  return { description, content: PROBLEM_CONTENT };
}
