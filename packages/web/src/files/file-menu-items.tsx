import { Menu } from '@mantine/core';
import type { File } from '@valise/core/wire';
import {
  IconClose,
  IconCopy,
  IconDetails,
  IconDownload,
  IconFolder,
  IconMove,
  IconOpen,
  IconRename,
  IconShare,
  IconTrash,
  IconUpload,
} from '../design/icons.ts';
import { mayChange, mayReplace, mayShare } from './abilities.ts';
import type { FileCommands } from './use-file-commands.tsx';

const SIZE = 17;

interface FileMenuItemsProps {
  readonly files: readonly File[];
  readonly commands: FileCommands;
  /** They lie in several folders, which aren't shown. */
  readonly scattered?: boolean;
}

/** What can be done with what is chosen. What one may not do isn't offered. */
export function FileMenuItems({ files, commands, scattered = false }: FileMenuItemsProps) {
  const [first] = files;
  if (first === undefined) return null;
  const isOne = files.length === 1;
  const changes = mayChange(files);
  return (
    <>
      {isOne && first.kind === 'folder' && (
        <Menu.Item leftSection={<IconOpen size={SIZE} />} onClick={() => commands.open(first)}>
          Open
        </Menu.Item>
      )}
      {isOne && scattered && !first.sharedRoot && (
        <Menu.Item leftSection={<IconFolder size={SIZE} />} onClick={() => commands.reveal(first)}>
          Show in folder
        </Menu.Item>
      )}
      <Menu.Item
        leftSection={<IconDownload size={SIZE} />}
        onClick={() => commands.download(files)}
      >
        Download
      </Menu.Item>
      {isOne && mayReplace(first) && (
        <Menu.Item leftSection={<IconUpload size={SIZE} />} onClick={() => commands.replace(first)}>
          Upload a new version
        </Menu.Item>
      )}
      {isOne && mayShare(first) && (
        <Menu.Item leftSection={<IconShare size={SIZE} />} onClick={() => commands.share(first)}>
          Share
        </Menu.Item>
      )}
      <Menu.Divider />
      {isOne && changes && (
        <Menu.Item leftSection={<IconRename size={SIZE} />} onClick={() => commands.rename(first)}>
          Rename
        </Menu.Item>
      )}
      {changes && (
        <Menu.Item leftSection={<IconMove size={SIZE} />} onClick={() => commands.move(files)}>
          Move
        </Menu.Item>
      )}
      <Menu.Item leftSection={<IconCopy size={SIZE} />} onClick={() => commands.copy(files)}>
        Copy
      </Menu.Item>
      {isOne && (
        <Menu.Item
          leftSection={<IconDetails size={SIZE} />}
          onClick={() => commands.details(first)}
        >
          Details
        </Menu.Item>
      )}
      {isOne && first.sharedRoot && (
        <>
          <Menu.Divider />
          <Menu.Item
            c="var(--v-danger)"
            leftSection={<IconClose size={SIZE} />}
            onClick={() => commands.leave(first)}
          >
            Leave
          </Menu.Item>
        </>
      )}
      {changes && (
        <>
          <Menu.Divider />
          <Menu.Item
            c="var(--v-danger)"
            leftSection={<IconTrash size={SIZE} />}
            onClick={() => commands.remove(files)}
          >
            Delete
          </Menu.Item>
        </>
      )}
    </>
  );
}
