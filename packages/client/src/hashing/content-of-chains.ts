import { packDigests } from '@valise/core/manifest';
import type { Ambient, HashedContent } from '../ports.ts';
import { joinBytes } from '../transfer/join-bytes.ts';
import type { Chain } from './chain.ts';
import { fingerprintRecords } from './hash-bytes.ts';

/** What the pieces of a content's chain, which begins at 0, say of it. */
export async function contentOfChains(
  pieces: readonly Chain[],
  ambient: Pick<Ambient, 'sha256'>,
): Promise<HashedContent> {
  const sizes: number[] = [];
  let end = 0;
  for (const piece of pieces) {
    for (const cut of piece.ends) {
      sizes.push(cut - end);
      end = cut;
    }
  }
  const records = packDigests(joinBytes(pieces.map(({ digests }) => digests)), sizes);
  return { size: end, fingerprint: await fingerprintRecords(records, ambient), records };
}
