import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';

/**
 * Stands in for `typebox/compile`, which makes code at run time: the page's policy forbids that.
 * Interpreting a schema is slower and gives the same answers.
 */
export function Compile<S extends TSchema>(
  schema: S,
): { Check(value: unknown): value is Static<S> } {
  return { Check: (value): value is Static<S> => Check(schema, value) };
}
