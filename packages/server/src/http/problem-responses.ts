import { ERRORS, type ErrorCode } from '@valise/core/errors';
import Type from 'typebox';

/** RFC 9457; further members by code. */
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
  { description: 'application/problem+json' },
);

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
  return { description, content: { 'application/problem+json': { schema: ProblemDocument } } };
}
