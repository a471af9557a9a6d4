import { ActionIcon, Button, Tooltip } from '@mantine/core';
import type { File } from '@valise/core/wire';
import { count, formatSize } from '../design/format.ts';
import { IconClose, IconDownload, IconMove, IconShare, IconTrash } from '../design/icons.ts';
import { mayChange, mayShare } from './abilities.ts';
import classes from './folder-page.module.css';
import type { FileCommands } from './use-file-commands.tsx';

interface SelectionBarProps {
  readonly total: number;
  readonly complete: boolean;
  readonly chosen: readonly File[];
  readonly commands: FileCommands;
  onClear(): void;
}

/** How much is here; or, with things chosen, what to do with them. Always of one height. */
export function SelectionBar({ total, complete, chosen, commands, onClear }: SelectionBarProps) {
  const [first] = chosen;
  if (first === undefined) {
    return (
      <div className={classes.bar}>
        <span className={classes.count}>
          {complete ? count(total, 'item') : `${count(total, 'item')} so far…`}
        </span>
      </div>
    );
  }
  const bytes = chosen.reduce((sum, { size }) => sum + size, 0);
  return (
    <div className={classes.bar} data-chosen="true">
      <Tooltip label="Clear selection">
        <ActionIcon variant="subtle" color="gray" aria-label="Clear selection" onClick={onClear}>
          <IconClose size={16} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <span className={classes.count}>
        {count(chosen.length, 'item')} selected{bytes > 0 && `, ${formatSize(bytes)}`}
      </span>
      <Act label="Download" Icon={IconDownload} onClick={() => commands.download(chosen)} />
      {chosen.length === 1 && mayShare(first) && (
        <Act label="Share" Icon={IconShare} onClick={() => commands.share(first)} />
      )}
      {mayChange(chosen) && (
        <>
          <Act label="Move" Icon={IconMove} onClick={() => commands.move(chosen)} />
          <Act label="Delete" Icon={IconTrash} onClick={() => commands.remove(chosen)} />
        </>
      )}
    </div>
  );
}

interface ActProps {
  readonly label: string;
  readonly Icon: typeof IconMove;
  onClick(): void;
}

function Act({ label, Icon, onClick }: ActProps) {
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      aria-label={label}
      leftSection={<Icon size={15} aria-hidden />}
      className={classes.act ?? ''}
      onClick={onClick}
    >
      <span>{label}</span>
    </Button>
  );
}
