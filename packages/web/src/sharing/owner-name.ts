import { useQuery } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { readIdentity } from '../session/identity.ts';
import { sharedQuery } from './shares-query.ts';

/**
 * Whose a file is. Of somebody else's the name comes with what that person shares with us, for only
 * owners share; null while it isn't known.
 */
export function useOwnerName({ ownerId }: File): string | null {
  const me = readIdentity()?.user;
  const isMine = ownerId === me?.id;
  const shared = useQuery({ ...sharedQuery, enabled: !isMine });
  if (isMine) return `${me.name} (you)`;
  const fromOwner = shared.data?.find((item) => item.sharedBy.id === ownerId);
  return fromOwner?.sharedBy.name ?? null;
}
