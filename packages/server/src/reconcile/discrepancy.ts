import type { FileId, ObjectId } from '@valise/core/ids';

/** Where store and database don't say the same. */
export type Discrepancy =
  /** An object that nothing in the database means. */
  | {
      readonly kind: 'stray-object';
      readonly key: string;
      readonly size: number;
      readonly at: Date;
    }
  /** A multipart upload that nothing in the database means. */
  | {
      readonly kind: 'stray-upload';
      readonly key: string;
      readonly storeUploadId: string;
      readonly at: Date;
    }
  /** A row that nothing names: its content would stay for ever. */
  | {
      readonly kind: 'unnamed-object';
      readonly key: string;
      readonly id: ObjectId;
      readonly size: number;
      readonly at: Date;
    }
  /** A row whose content the store hasn't got. */
  | {
      readonly kind: 'missing-object';
      readonly key: string;
      readonly size: number;
      readonly fileIds: readonly FileId[];
    }
  /** A row whose content has another size at the store. */
  | {
      readonly kind: 'wrong-size';
      readonly key: string;
      readonly size: number;
      readonly storedSize: number;
      readonly fileIds: readonly FileId[];
    };

/** Can be freed without loss, once old enough. */
export type Stray = Extract<
  Discrepancy,
  { readonly kind: 'stray-object' | 'stray-upload' | 'unnamed-object' }
>;

export function isStray(one: Discrepancy): one is Stray {
  return one.kind !== 'missing-object' && one.kind !== 'wrong-size';
}
