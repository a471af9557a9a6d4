import { Button, Group, Loader, ScrollArea, Stack, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { useState } from 'react';
import { Dialog } from '../design/dialog.tsx';
import { IconFiles, IconNext } from '../design/icons.ts';
import { ancestorsQuery } from './ancestors.ts';
import type { FolderTarget } from './file-actions.ts';
import { FileIcon } from './file-icon.tsx';
import classes from './folder-picker.module.css';
import { folderQuery } from './folder-query.ts';
import { BY_NAME, sortFiles } from './sort-files.ts';

interface FolderPickerProps {
  readonly title: string;
  readonly button: string;
  readonly start: string | null;
  /** What is moved can't be gone into. */
  readonly files: readonly File[];
  onClose(): void;
  onPick(target: FolderTarget): void;
}

/** Goes through the folders to choose one. */
export function FolderPicker(props: FolderPickerProps) {
  const [at, setAt] = useState(props.start);
  const way = useQuery(ancestorsQuery(at)).data ?? [];
  const content = useQuery(folderQuery(at));
  const moved = new Set(props.files.map(({ id }) => id));
  const folders = sortFiles(
    (content.data?.items ?? []).filter(({ kind, id }) => kind === 'folder' && !moved.has(id)),
    BY_NAME,
  );
  const here: FolderTarget = { id: at, name: way.at(-1)?.name ?? 'Files' };
  return (
    <Dialog onClose={props.onClose} title={props.title} size="md">
      <Stack>
        <Group gap={2} wrap="wrap">
          <UnstyledButton className={classes.step} onClick={() => setAt(null)}>
            <IconFiles size={16} aria-hidden /> Files
          </UnstyledButton>
          {way.map((folder) => (
            <Group key={folder.id} gap={2}>
              <IconNext size={14} aria-hidden />
              <UnstyledButton className={classes.step} onClick={() => setAt(folder.id)}>
                {folder.name}
              </UnstyledButton>
            </Group>
          ))}
        </Group>
        <ScrollArea h={280} className={classes.list} viewportProps={{ 'aria-label': 'Folders' }}>
          {content.isPending && <Loader m="xl" />}
          {folders.map((folder) => (
            <UnstyledButton
              key={folder.id}
              className={classes.folder}
              onClick={() => setAt(folder.id)}
            >
              <FileIcon file={folder} /> {folder.name}
            </UnstyledButton>
          ))}
          {content.isSuccess && folders.length === 0 && (
            <p className={classes.none}>No folders in here.</p>
          )}
        </ScrollArea>
        <Group justify="flex-end">
          <Button variant="default" onClick={props.onClose}>
            Cancel
          </Button>
          <Button data-autofocus onClick={() => props.onPick(here)}>
            {props.button} to {here.name}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
