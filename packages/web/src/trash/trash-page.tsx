import { Button, Menu, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { useMemo, useState } from 'react';
import { Dialog } from '../design/dialog.tsx';
import { EmptyState } from '../design/empty-state.tsx';
import { count, formatDate, formatFullDate } from '../design/format.ts';
import { IconRestore, IconTrash } from '../design/icons.ts';
import { PageHead } from '../design/page-head.tsx';
import { NAME, SIZE } from '../files/columns.tsx';
import { FileGrid } from '../files/file-grid.tsx';
import { FileMenu } from '../files/file-menu.tsx';
import { Body } from '../files/file-view.tsx';
import classes from '../files/folder-page.module.css';
import type { Column, MenuPlace } from '../files/grid-types.ts';
import { useFileActions } from '../files/use-file-actions.ts';
import { useSelection } from '../files/use-selection.ts';
import { trashQuery } from './trash-query.ts';

const DELETED: Column<File> = {
  title: 'Deleted',
  wide: true,
  cell: ({ deletedAt = '' }) => (
    <time dateTime={deletedAt} title={formatFullDate(deletedAt)}>
      {formatDate(deletedAt)}
    </time>
  ),
};
const COLUMNS = [
  { title: NAME.title, cell: NAME.cell },
  DELETED,
  { title: SIZE.title, cell: SIZE.cell },
];
const NONE: readonly File[] = [];

/** What was deleted, to be had back. */
export function TrashPage() {
  const trash = useQuery(trashQuery);
  const actions = useFileActions();
  const files = trash.data ?? NONE;
  const [selection, select] = useSelection(files);
  const [menu, setMenu] = useState<MenuPlace | null>(null);
  const [purging, setPurging] = useState<readonly File[]>(NONE);
  const chosen = useMemo(
    () => files.filter(({ id }) => selection.chosen.has(id)),
    [files, selection.chosen],
  );
  return (
    <div className={classes.list}>
      <title>Trash · Valise</title>
      <PageHead title="Trash">
        {chosen.length > 0 && (
          <>
            <Button
              variant="default"
              leftSection={<IconRestore size={16} aria-hidden />}
              onClick={() => void actions.restore(chosen)}
            >
              Restore
            </Button>
            <Button variant="light" color="red" onClick={() => setPurging(chosen)}>
              Delete for good
            </Button>
          </>
        )}
      </PageHead>
      <div className={classes.bar}>
        <span className={classes.count}>
          {chosen.length > 0
            ? `${count(chosen.length, 'item')} selected`
            : count(files.length, 'item')}
        </span>
      </div>
      <Body
        query={trash}
        isEmpty={files.length === 0}
        empty={
          <EmptyState Icon={IconTrash} title="The trash is empty">
            <p>What you delete waits here for a while, in case you want it back.</p>
          </EmptyState>
        }
      >
        <FileGrid
          label="Trash"
          files={files}
          columns={COLUMNS}
          selection={selection}
          onSelect={select}
          onMenu={setMenu}
          onDelete={() => setPurging(chosen)}
        />
      </Body>
      <FileMenu place={menu} onClose={() => setMenu(null)}>
        <Menu.Item
          leftSection={<IconRestore size={17} />}
          onClick={() => void actions.restore(chosen)}
        >
          Restore
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          c="var(--v-danger)"
          leftSection={<IconTrash size={17} />}
          onClick={() => setPurging(chosen)}
        >
          Delete for good
        </Menu.Item>
      </FileMenu>
      {purging.length > 0 && (
        <PurgeDialog
          files={purging}
          onClose={() => setPurging(NONE)}
          onPurge={() => void actions.purge(purging)}
        />
      )}
    </div>
  );
}

interface PurgeDialogProps {
  readonly files: readonly File[];
  onClose(): void;
  onPurge(): void;
}

function PurgeDialog({ files, onClose, onPurge }: PurgeDialogProps) {
  return (
    <Dialog onClose={onClose} title="Delete for good?" size="sm">
      <Stack>
        <Text>
          {count(files.length, 'item')} will be gone, on every device. This can’t be undone.
        </Text>
        <Button
          color="red"
          data-autofocus
          onClick={() => {
            onClose();
            onPurge();
          }}
        >
          Delete for good
        </Button>
        <Button variant="default" onClick={onClose}>
          Keep
        </Button>
      </Stack>
    </Dialog>
  );
}
