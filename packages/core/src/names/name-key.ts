/** Names the recipe of `nameKey`. Stored beside every key: a new recipe means new keys. */
export const NAME_KEY_VERSION = 1;

/**
 * What two siblings may not share: names that differ only in case or normalisation have one key.
 * Upper case first, because it folds more (`ß` and `ſ`, for instance) than lower case alone; the
 * result is normalised again, because case mapping can take NFC apart.
 */
export function nameKey(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}
