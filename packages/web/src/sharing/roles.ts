import type { ShareRole } from '@valise/core/wire';

/** What people may do, in words for them. */
export const ROLES: { value: ShareRole; label: string }[] = [
  { value: 'viewer', label: 'Look' },
  { value: 'editor', label: 'Look and change' },
];

export function isShareRole(value: string | null): value is ShareRole {
  return value === 'viewer' || value === 'editor';
}
