import { ActionIcon, Progress, Tooltip } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { IconClose, IconMore, IconPause, IconResume, IconRetry } from '../design/icons.ts';
import { ChooseAgain } from './choose-again.tsx';
import { headline, subline } from './panel-texts.ts';
import { isActive, isEnded, type TransferState } from './protocol.ts';
import { TransferRow } from './transfer-row.tsx';
import classes from './transfers-panel.module.css';
import { useTransfers, useUploads } from './use-uploads.ts';

const ROW_PX = 60;
/** Taller than so many rows the list scrolls. */
const ROWS_SHOWN = 5;

/** What is on its way, at the corner of every view; nothing when nothing is. */
export function TransfersPanel() {
  const transfers = useTransfers();
  const { client } = useUploads();
  const [isOpen, setOpen] = useState(true);
  // News of what was cancelled may come after it was forgotten.
  if (transfers.all.every(({ phase }) => phase === 'cancelled')) return null;
  const ids = (wanted: (transfer: TransferState) => boolean) =>
    transfers.all.filter(wanted).map(({ id }) => id);
  const close = () => {
    client.act(
      'cancel',
      ids((transfer) => !isEnded(transfer)),
    );
    client.forget(ids(() => true));
  };
  const ended = transfers.all.every(isEnded);
  return (
    <section className={classes.panel} aria-label="Transfers">
      <header className={classes.head}>
        <div className={classes.title}>
          <strong>{headline(transfers)}</strong>
          <span>{subline(transfers)}</span>
        </div>
        {transfers.active > 0 && (
          <PanelButton
            label="Pause all"
            Icon={IconPause}
            onClick={() => client.act('pause', ids(isActive))}
          />
        )}
        {transfers.all.some(({ phase }) => phase === 'paused') && (
          <PanelButton
            label="Resume all"
            Icon={IconResume}
            onClick={() =>
              client.act(
                'resume',
                ids(({ phase }) => phase === 'paused'),
              )
            }
          />
        )}
        {transfers.failed > 0 && (
          <PanelButton
            label="Try all again"
            Icon={IconRetry}
            onClick={() =>
              client.act(
                'retry',
                ids(({ phase }) => phase === 'failed'),
              )
            }
          />
        )}
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={isOpen ? 'Hide the list' : 'Show the list'}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          <IconMore size={17} className={classes.chevron} data-open={isOpen} aria-hidden />
        </ActionIcon>
        <PanelButton label={ended ? 'Close' : 'Cancel all'} Icon={IconClose} onClick={close} />
      </header>
      {transfers.active > 0 && (
        <Progress
          size={3}
          radius={0}
          value={transfers.total === 0 ? 100 : (transfers.bytes / transfers.total) * 100}
          aria-label="All transfers"
        />
      )}
      {transfers.waitingForFile > 1 && <ChooseAgain />}
      {isOpen && <TransferList transfers={transfers.all} />}
    </section>
  );
}

function TransferList({ transfers }: { readonly transfers: readonly TransferState[] }) {
  const scroller = useRef<HTMLUListElement>(null);
  const ordered = useMemo(() => byUrgency(transfers), [transfers]);
  const virtual = useVirtualizer({
    count: ordered.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 5,
  });
  const height = Math.min(ordered.length, ROWS_SHOWN) * ROW_PX;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <ul ref={scroller} className={classes.list} style={{ height }} tabIndex={0} aria-label="Files">
      <li style={{ height: virtual.getTotalSize() }} aria-hidden role="presentation" />
      {virtual.getVirtualItems().map(({ index, start }) => {
        const transfer = ordered[index];
        return transfer === undefined ? null : (
          <TransferRow key={transfer.id} transfer={transfer} top={start} />
        );
      })}
    </ul>
  );
}

const URGENCY = [
  'needs-file',
  'failed',
  'asking',
  'offline',
  'completing',
  'sending',
  'hashing',
  'paused',
  'waiting',
];

/** What needs somebody first, then what moves, then what waits, then what is over. */
function byUrgency(transfers: readonly TransferState[]): TransferState[] {
  const rank = ({ phase }: TransferState) => {
    const at = URGENCY.indexOf(phase);
    return at === -1 ? URGENCY.length : at;
  };
  return transfers.filter(({ phase }) => phase !== 'cancelled').sort((a, b) => rank(a) - rank(b));
}

interface PanelButtonProps {
  readonly label: string;
  readonly Icon: typeof IconClose;
  onClick(): void;
}

function PanelButton({ label, Icon, onClick }: PanelButtonProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
