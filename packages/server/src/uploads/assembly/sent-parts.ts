import { AppError } from '@valise/core/errors';
import type { SentPart, UploadParts } from '../sent-part.ts';
import { type Assembly, type AssemblyTarget, targetsOf } from './stored-plan.ts';

/** A part to be sent together with where it goes. */
export interface AssemblySlot extends SentPart {
  readonly target: AssemblyTarget;
}

/** What the client sends, in the file's order: part `n` is the slot at place `n - 1`. */
export function slotsOf(assembly: Assembly): readonly AssemblySlot[] {
  const slots = targetsOf(assembly).flatMap((target) =>
    target.parts.flatMap((part, index): readonly AssemblySlot[] => {
      if (part.kind !== 'upload') return [];
      const { offset, size } = part;
      const { key, storeUploadId } = target;
      return [{ offset, size, key, storeUploadId, storePart: index + 1, target }];
    }),
  );
  return slots.sort((a, b) => a.offset - b.offset);
}

export function sentParts(assembly: Assembly): UploadParts {
  const slots = slotsOf(assembly);
  return {
    count: slots.length,
    part(number) {
      const slot = slots[number - 1];
      if (slot !== undefined) return slot;
      throw new AppError('invalid-value', `There is no part ${number}.`, {
        details: { field: 'partNumber' },
      });
    },
  };
}
