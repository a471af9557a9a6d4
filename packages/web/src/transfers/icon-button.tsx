import { ActionIcon, Tooltip } from '@mantine/core';
import type { IconClose } from '../design/icons.ts';

interface IconButtonProps {
  readonly label: string;
  /** What the tip says, where the label says more than one has to read. */
  readonly tip?: string;
  readonly Icon: typeof IconClose;
  onClick(): void;
}

export function IconButton({ label, tip = label, Icon, onClick }: IconButtonProps) {
  return (
    <Tooltip label={tip}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
