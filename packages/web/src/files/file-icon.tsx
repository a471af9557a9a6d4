import type { File } from '@valise/core/wire';
import classes from './file-icon.module.css';
import { kindOf } from './kinds.ts';

interface FileIconProps {
  readonly file: Pick<File, 'kind' | 'mimeType'>;
  readonly size?: number;
}

export function FileIcon({ file, size = 20 }: FileIconProps) {
  const { Icon, tone } = kindOf(file);
  return (
    <Icon
      className={classes.icon}
      data-tone={tone}
      size={size}
      strokeWidth={1.75}
      fill={tone === 'folder' ? 'currentColor' : 'none'}
      fillOpacity={0.22}
      aria-hidden
    />
  );
}
