import type { File } from '@valise/core/wire';
import { count } from '../design/format.ts';
import { IconShared } from '../design/icons.ts';
import classes from './shared-badge.module.css';

/** Marks what its owner, who is looking, has shared by itself. */
export function SharedBadge({ file: { sharedWith = 0 } }: { readonly file: File }) {
  if (sharedWith === 0) return null;
  const text = `Shared with ${count(sharedWith, 'person', 'people')}`;
  return (
    <span className={classes.badge} role="img" aria-label={text} title={text}>
      <IconShared size={13} strokeWidth={2.2} aria-hidden />
      {sharedWith.toLocaleString()}
    </span>
  );
}
