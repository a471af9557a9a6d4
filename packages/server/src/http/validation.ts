import { AppError } from '@valise/core/errors';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

/**
 * Compiles a route's schemas. Bodies are taken as they are; the text of queries and paths is
 * converted to the numbers and booleans that the schema wants, and defaults are filled in there.
 * Unknown members pass unread. A misfit is 400 `malformed-request` and names the field.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const isText = httpPart === 'querystring' || httpPart === 'params';
  return (data: unknown) => {
    const value = isText ? validator.Default(fromText(schema, data)) : data;
    return validator.Check(value)
      ? { value }
      : { error: malformed(validator.Errors(value), httpPart ?? 'request') };
  };
};

/** Turns the text of a query or path into what its schema wants, where it reads as that exactly. */
function fromText(schema: TSchema, data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('properties' in schema)) return data;
  const wanted = new Map(Object.entries(schema.properties as Record<string, object>));
  const converted = Object.entries(data).map(([name, text]) => {
    const property = wanted.get(name);
    return [name, property !== undefined && 'type' in property ? read(property.type, text) : text];
  });
  return Object.fromEntries(converted);
}

function read(type: unknown, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (type === 'integer' || type === 'number')
    return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

interface Misfit {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

function malformed(misfits: readonly Misfit[], part: string): AppError {
  const misfit = deepest(misfits);
  const missing = misfit === undefined ? [] : missingOf(misfit);
  const path = (misfit?.instancePath ?? '').split('/').slice(1).map(unescapePointer);
  const field = [...path, ...missing.slice(0, 1)].join('.');
  const subject = field === '' ? `The ${part === 'querystring' ? 'query' : part}` : field;
  const complaint = missing.length > 0 ? 'is missing' : (misfit?.message ?? 'does not fit');
  return new AppError('malformed-request', `${subject} ${complaint}.`, {
    details: { field, ...(part === 'body' ? {} : { in: part === 'params' ? 'path' : 'query' }) },
  });
}

/** Unions report every branch: the misfit farthest inside says most. */
function deepest(misfits: readonly Misfit[]): Misfit | undefined {
  let best: Misfit | undefined;
  for (const misfit of misfits) {
    if (best === undefined || depthOf(misfit) > depthOf(best)) best = misfit;
  }
  return best;
}

function depthOf(misfit: Misfit): number {
  return misfit.instancePath.split('/').length;
}

function missingOf(misfit: Misfit): readonly string[] {
  if (misfit.keyword !== 'required' || !('requiredProperties' in misfit.params)) return [];
  return misfit.params.requiredProperties as readonly string[];
}

function unescapePointer(text: string): string {
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
