/** An object as a listing tells of it. */
export interface InventoryObject {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

/** A multipart upload that was begun and neither completed nor aborted. */
export interface InventoryUpload {
  readonly key: string;
  readonly storeUploadId: string;
  readonly begunAt: Date;
}

/**
 * All that a bucket holds, page after page, each read when it is asked for: memory holds one page at a
 * time. What comes and goes meanwhile may be told or not. Throws as the object store does.
 */
export interface StoreInventory {
  /** In ascending order of keys. */
  objects(prefix: string): AsyncIterable<readonly InventoryObject[]>;
  uploads(prefix: string): AsyncIterable<readonly InventoryUpload[]>;
}
