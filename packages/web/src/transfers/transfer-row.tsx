import { memo } from 'react';
import { formatSize } from '../design/format.ts';
import { IconClose, IconDone, IconPause, IconResume, IconRetry } from '../design/icons.ts';
import { ProgressBar } from '../design/progress-bar.tsx';
import { FileIcon } from '../files/file-icon.tsx';
import { ContinueButton } from './continue-button.tsx';
import { IconButton } from './icon-button.tsx';
import { isEnded, type TransferState } from './protocol.ts';
import classes from './transfers-panel.module.css';
import { useUploads } from './use-uploads.ts';

interface TransferRowProps {
  readonly transfer: TransferState;
  readonly top: number;
}

/** Thousands of these may be on their way: only those that changed are drawn anew. */
export const TransferRow = memo(function TransferRow({ transfer, top }: TransferRowProps) {
  const { id, name, folder, size, phase, bytes, handle } = transfer;
  const share = phase === 'completing' || size === 0 ? 1 : bytes / size;
  const moves = phase === 'hashing' || phase === 'sending' || phase === 'completing';
  return (
    <li className={classes.row} data-phase={phase} style={{ transform: `translateY(${top}px)` }}>
      <FileIcon file={{ kind: 'file', mimeType: transfer.mimeType }} />
      <div className={classes.what}>
        <span className={classes.name} title={folder === '' ? name : `${folder}/${name}`}>
          {name}
        </span>
        {moves && (
          <ProgressBar
            share={share}
            tone={phase === 'hashing' ? 'quiet' : 'accent'}
            label={`${name}: ${describe(transfer)}`}
          />
        )}
        <span className={classes.detail}>{describe(transfer)}</span>
      </div>
      <RowButtons id={id} name={name} phase={phase} handle={handle} />
    </li>
  );
});

function describe({ phase, bytes, size, problem }: TransferState): string {
  switch (phase) {
    case 'waiting':
      return `Waiting · ${formatSize(size)}`;
    case 'asking':
      return 'The name is taken';
    case 'hashing':
      return `Checking ${formatSize(bytes)} of ${formatSize(size)}`;
    case 'sending':
      return `${formatSize(bytes)} of ${formatSize(size)}`;
    case 'completing':
      return 'Finishing';
    case 'paused':
      return `Paused at ${formatSize(bytes)} of ${formatSize(size)}`;
    case 'offline':
      return 'No connection. It goes on by itself.';
    case 'needs-file':
      return problem ?? 'Interrupted. Choose the file again to go on.';
    case 'failed':
      return problem ?? 'Failed';
    case 'done':
      return formatSize(size);
    case 'skipped':
      return 'Skipped';
    case 'cancelled':
      return 'Cancelled';
  }
}

interface RowButtonsProps extends Pick<TransferState, 'id' | 'name' | 'phase'> {
  readonly handle: FileSystemFileHandle | undefined;
}

const RowButtons = memo(function RowButtons({ id, name, phase, handle }: RowButtonsProps) {
  const { client } = useUploads();
  if (phase === 'done') return <IconDone size={18} className={classes.done} aria-label="Done" />;
  const button = (type: 'pause' | 'resume' | 'cancel' | 'retry', label: string) => (
    <IconButton
      label={label}
      tip={TIPS[type]}
      Icon={ICONS[type]}
      onClick={() => client.act(type, [id])}
    />
  );
  return (
    <>
      {(phase === 'hashing' || phase === 'sending' || phase === 'waiting') &&
        button('pause', `Pause ${name}`)}
      {phase === 'paused' && button('resume', `Resume ${name}`)}
      {phase === 'failed' && button('retry', `Try ${name} again`)}
      {phase === 'needs-file' && <ContinueButton id={id} name={name} handle={handle} />}
      {!isEnded({ phase }) && button('cancel', `Cancel ${name}`)}
    </>
  );
});

const TIPS = { pause: 'Pause', resume: 'Resume', retry: 'Try again', cancel: 'Cancel' };
const ICONS = { pause: IconPause, resume: IconResume, retry: IconRetry, cancel: IconClose };
