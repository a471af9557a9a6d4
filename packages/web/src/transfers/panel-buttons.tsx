import { ActionIcon } from '@mantine/core';
import { memo } from 'react';
import { IconClose, IconMore, IconPause, IconResume, IconRetry } from '../design/icons.ts';
import { IconButton } from './icon-button.tsx';
import { isActive, isEnded, type TransferState } from './protocol.ts';
import classes from './transfers-panel.module.css';
import { useUploads } from './use-uploads.ts';

interface PanelButtonsProps {
  readonly canPause: boolean;
  readonly canResume: boolean;
  readonly canRetry: boolean;
  readonly isOver: boolean;
  readonly isOpen: boolean;
  onToggle(): void;
}

/** For all transfers at once. Drawn anew only when others are offered, not at every step of them. */
export const PanelButtons = memo(function PanelButtons(props: PanelButtonsProps) {
  const { canPause, canResume, canRetry, isOver, isOpen, onToggle } = props;
  const { client } = useUploads();
  const ids = (wanted: (transfer: TransferState) => boolean) =>
    client.store
      .snapshot()
      .all.filter(wanted)
      .map(({ id }) => id);
  const close = () => {
    client.act(
      'cancel',
      ids((transfer) => !isEnded(transfer)),
    );
    client.forget(ids(() => true));
  };
  return (
    <>
      {canPause && (
        <IconButton
          label="Pause all"
          Icon={IconPause}
          onClick={() => client.act('pause', ids(isActive))}
        />
      )}
      {canResume && (
        <IconButton
          label="Resume all"
          Icon={IconResume}
          onClick={() => client.act('resume', ids(inPhase('paused')))}
        />
      )}
      {canRetry && (
        <IconButton
          label="Try all again"
          Icon={IconRetry}
          onClick={() => client.act('retry', ids(inPhase('failed')))}
        />
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={isOpen ? 'Hide the list' : 'Show the list'}
        aria-expanded={isOpen}
        onClick={onToggle}
      >
        <IconMore size={17} className={classes.chevron} data-open={isOpen} aria-hidden />
      </ActionIcon>
      <IconButton label={isOver ? 'Close' : 'Cancel all'} Icon={IconClose} onClick={close} />
    </>
  );
});

const inPhase = (wanted: TransferState['phase']) => (transfer: TransferState) =>
  transfer.phase === wanted;
