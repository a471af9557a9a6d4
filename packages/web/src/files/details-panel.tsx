import { Button, CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import type { ReactNode } from 'react';
import { formatFullDate, formatSize } from '../design/format.ts';
import { IconShare } from '../design/icons.ts';
import { useOwnerName } from '../sharing/owner-name.ts';
import { SharedBadge } from '../sharing/shared-badge.tsx';
import { WhoHasAccess } from '../sharing/who-has-access.tsx';
import { mayShare } from './abilities.ts';
import { fileQuery } from './ancestors.ts';
import classes from './details-panel.module.css';
import { FileIcon } from './file-icon.tsx';
import { kindOf } from './kinds.ts';

interface DetailsPanelProps {
  readonly file: File;
  onClose(): void;
  onShare(file: File): void;
}

/** Everything that is known of one file, beside the list; on narrow screens over it. */
export function DetailsPanel({ file: given, onClose, onShare }: DetailsPanelProps) {
  const { data: file = given } = useQuery({ ...fileQuery(given.id), initialData: given });
  const owner = useOwnerName(file);
  return (
    <aside className={classes.panel} aria-label="Details">
      <div className={classes.head}>
        <h2>Details</h2>
        <CloseButton aria-label="Close details" onClick={onClose} />
      </div>
      <div className={classes.icon}>
        <FileIcon file={file} size={56} />
        <p>{file.name}</p>
        <SharedBadge file={file} />
      </div>
      <dl className={classes.facts}>
        <Fact label="Kind">{kindOf(file).label}</Fact>
        {file.kind === 'file' && (
          <Fact label="Size">
            {formatSize(file.size)} <small>({file.size.toLocaleString()} bytes)</small>
          </Fact>
        )}
        {file.kind === 'file' && <Fact label="Version">{file.version}</Fact>}
        {file.target !== undefined && <Fact label="Points to">{file.target}</Fact>}
        <Fact label="Modified">{formatFullDate(file.modifiedAt)}</Fact>
        <Fact label="Added">{formatFullDate(file.createdAt)}</Fact>
        <Fact label="Owner">{owner ?? '…'}</Fact>
        <Fact label="Your role">{file.role}</Fact>
      </dl>
      <h3>Who has access</h3>
      <WhoHasAccess file={file} />
      {mayShare(file) && (
        <Button
          variant="light"
          fullWidth
          mt="md"
          leftSection={<IconShare size={16} aria-hidden />}
          onClick={() => onShare(file)}
        >
          Share…
        </Button>
      )}
    </aside>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
