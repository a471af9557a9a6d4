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
      : { error: malformed(findMisfits(validator, value), httpPart ?? 'request') };
  };
};

/** Deeper than any schema here: what lies below is unread. */
const MAX_LEVELS = 8;
/** More members than any schema names: only then they are counted and cut like a list's. */
const MANY_MEMBERS = 1_000;

interface Validator {
  Check(value: unknown): boolean;
  Errors(value: unknown): readonly Misfit[];
}

/**
 * To describe misfits costs far more than to find that there are some, and megabytes of JSON hold
 * millions: only the beginning of long lists is described, as much as it takes to hold one.
 */
function findMisfits(validator: Validator, value: unknown): readonly Misfit[] {
  for (let length = 16; length < longestIn(value, 0); length *= 4) {
    const beginning = shortened(value, length, 0);
    if (!validator.Check(beginning)) return validator.Errors(beginning);
  }
  return validator.Errors(value);
}

function longestIn(value: unknown, level: number): number {
  if (typeof value !== 'object' || value === null || level > MAX_LEVELS) return 0;
  const below = Object.values(value);
  let longest = Array.isArray(value) || below.length > MANY_MEMBERS ? below.length : 0;
  for (const one of below) longest = Math.max(longest, longestIn(one, level + 1));
  return longest;
}

/** The value with its lists, and its members where they are many, cut to this length. */
function shortened(value: unknown, length: number, level: number): unknown {
  if (typeof value !== 'object' || value === null || level > MAX_LEVELS) return value;
  const below = (one: unknown) => shortened(one, length, level + 1);
  if (Array.isArray(value)) return value.slice(0, length).map(below);
  const members = Object.entries(value).slice(0, Math.max(length, MANY_MEMBERS));
  return Object.fromEntries(members.map(([name, one]) => [name, below(one)]));
}

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
