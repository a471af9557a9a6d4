/**
 * What a store says happened to one of its objects. A hint, never a fact: it may be doubled, late,
 * out of order or made up, so whoever acts on it asks the store and the database first.
 */
export interface StoreEvent {
  readonly kind: 'created' | 'other';
  readonly bucket: string;
  /** As it was written to the store: no encoding is left. */
  readonly key: string;
}

export function kindOf(eventName: string): StoreEvent['kind'] {
  // `ObjectCreated:Put` here, `s3:ObjectCreated:Put` there; `Object Created` on EventBridge.
  return /^(s3:)?ObjectCreated:|^Object Created$/.test(eventName) ? 'created' : 'other';
}

/** The member of a value that may be anything. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
