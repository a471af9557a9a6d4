import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useMemo, useRef, useState } from 'react';
import { ProgressBar } from '../design/progress-bar.tsx';
import { ChooseAgain } from './choose-again.tsx';
import { PanelButtons } from './panel-buttons.tsx';
import { headline, subline } from './panel-texts.ts';
import { isEnded, type TransferState } from './protocol.ts';
import { TransferRow } from './transfer-row.tsx';
import classes from './transfers-panel.module.css';
import { useTransfers } from './use-uploads.ts';

const ROW_PX = 60;
/** Taller than so many rows the list scrolls. */
const ROWS_SHOWN = 5;

/** What is on its way, at the corner of every view; nothing when nothing is. */
export function TransfersPanel() {
  const transfers = useTransfers();
  const [isOpen, setOpen] = useState(true);
  const toggle = useCallback(() => setOpen((open) => !open), []);
  const { all, active, failed, bytes, total, waitingForFile } = transfers;
  // News of what was cancelled may come after it was forgotten.
  if (all.every(({ phase }) => phase === 'cancelled')) return null;
  return (
    <section className={classes.panel} aria-label="Transfers">
      <header className={classes.head}>
        <div className={classes.title}>
          <strong>{headline(transfers)}</strong>
          <span>{subline(transfers)}</span>
        </div>
        <PanelButtons
          canPause={active > 0}
          canResume={all.some(({ phase }) => phase === 'paused')}
          canRetry={failed > 0}
          isOver={all.every(isEnded)}
          isOpen={isOpen}
          onToggle={toggle}
        />
      </header>
      {active > 0 && <ProgressBar share={total === 0 ? 1 : bytes / total} label="All transfers" />}
      {waitingForFile > 1 && <ChooseAgain />}
      {isOpen && <TransferList transfers={all} />}
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
  const ranks = new Map<string, TransferState[]>();
  for (const transfer of transfers) {
    const { phase } = transfer;
    if (phase === 'cancelled') continue;
    const rank = URGENCY.includes(phase) ? phase : '';
    const those = ranks.get(rank);
    if (those === undefined) ranks.set(rank, [transfer]);
    else those.push(transfer);
  }
  return [...URGENCY, ''].flatMap((rank) => ranks.get(rank) ?? []);
}
