import { ActionIcon, Button, Progress, Tooltip } from '@mantine/core';
import { useRef } from 'react';
import { formatSize } from '../design/format.ts';
import { IconClose, IconDone, IconPause, IconResume, IconRetry } from '../design/icons.ts';
import { FileIcon } from '../files/file-icon.tsx';
import { isEnded, type TransferState } from './protocol.ts';
import classes from './transfers-panel.module.css';
import { useUploads } from './use-uploads.ts';

interface TransferRowProps {
  readonly transfer: TransferState;
  readonly top: number;
}

export function TransferRow({ transfer, top }: TransferRowProps) {
  const { name, folder, size, phase, bytes } = transfer;
  const share = size === 0 ? 0 : (bytes / size) * 100;
  const moves = phase === 'hashing' || phase === 'sending' || phase === 'completing';
  return (
    <li className={classes.row} style={{ transform: `translateY(${top}px)` }}>
      <FileIcon file={{ kind: 'file', mimeType: transfer.mimeType }} />
      <div className={classes.what}>
        <span className={classes.name} title={folder === '' ? name : `${folder}/${name}`}>
          {name}
        </span>
        {moves && (
          <Progress
            size={4}
            value={phase === 'completing' ? 100 : share}
            color={phase === 'hashing' ? 'gray' : 'cobalt'}
            striped={phase === 'completing'}
            aria-label={`${name}: ${describe(transfer)}`}
          />
        )}
        <span className={classes.detail} data-phase={phase}>
          {describe(transfer)}
        </span>
      </div>
      <RowButtons transfer={transfer} />
    </li>
  );
}

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

function RowButtons({ transfer }: { readonly transfer: TransferState }) {
  const { client } = useUploads();
  const { id, name, phase } = transfer;
  if (phase === 'done') return <IconDone size={18} className={classes.done} aria-label="Done" />;
  const act = (type: 'pause' | 'resume' | 'cancel' | 'retry') => () => client.act(type, [id]);
  return (
    <>
      {(phase === 'hashing' || phase === 'sending' || phase === 'waiting') && (
        <RowButton label={`Pause ${name}`} Icon={IconPause} onClick={act('pause')} />
      )}
      {phase === 'paused' && (
        <RowButton label={`Resume ${name}`} Icon={IconResume} onClick={act('resume')} />
      )}
      {phase === 'failed' && (
        <RowButton label={`Try ${name} again`} Icon={IconRetry} onClick={act('retry')} />
      )}
      {phase === 'needs-file' && <ContinueButton transfer={transfer} />}
      {!isEnded(transfer) && (
        <RowButton label={`Cancel ${name}`} Icon={IconClose} onClick={act('cancel')} />
      )}
    </>
  );
}

interface RowButtonProps {
  readonly label: string;
  readonly Icon: typeof IconClose;
  onClick(): void;
}

function RowButton({ label, Icon, onClick }: RowButtonProps) {
  return (
    <Tooltip label={label.split(' ')[0]}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

interface PermittingHandle extends FileSystemFileHandle {
  requestPermission(options: { readonly mode: 'read' }): Promise<PermissionState>;
}

/** Asks the browser for the file that it kept, or else the person for the file. */
function ContinueButton({ transfer }: { readonly transfer: TransferState }) {
  const { client } = useUploads();
  const input = useRef<HTMLInputElement>(null);
  const { id, name, handle } = transfer;
  const onClick = async () => {
    if (handle === undefined) {
      input.current?.click();
      return;
    }
    const permission = await (handle as PermittingHandle).requestPermission({ mode: 'read' });
    if (permission !== 'granted') return;
    client.give(id, await handle.getFile());
    client.lookAgain();
  };
  return (
    <>
      <Button
        size="compact-sm"
        variant="light"
        aria-label={`Continue ${name}`}
        onClick={() => void onClick()}
      >
        {handle === undefined ? 'Choose…' : 'Continue'}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={`File to continue ${name}`}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          // The same file again must be a change, too.
          currentTarget.value = '';
          if (file !== undefined) client.give(id, file);
        }}
      />
    </>
  );
}
