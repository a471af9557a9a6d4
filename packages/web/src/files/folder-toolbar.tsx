import { Button, Menu } from '@mantine/core';
import { useRef } from 'react';
import { IconMore, IconNewFolder, IconUpload, IconUploadFolder } from '../design/icons.ts';
import classes from './folder-page.module.css';

interface FolderToolbarProps {
  onNewFolder(): void;
  onFiles(files: readonly File[]): void;
}

/** What can be added here. The pickers are plain inputs, for keyboards and tests alike. */
export function FolderToolbar({ onNewFolder, onFiles }: FolderToolbarProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement) => {
    const chosen = [...(input.files ?? [])];
    // The same file again must be a change, too.
    input.value = '';
    if (chosen.length > 0) onFiles(chosen);
  };
  return (
    <div className={classes.actions}>
      <Button
        variant="default"
        leftSection={<IconNewFolder size={17} aria-hidden />}
        onClick={onNewFolder}
        className={classes.newFolder ?? ''}
      >
        New folder
      </Button>
      <Button.Group>
        <Button
          leftSection={<IconUpload size={17} aria-hidden />}
          onClick={() => files.current?.click()}
        >
          Upload
        </Button>
        <Menu position="bottom-end" width={190}>
          <Menu.Target>
            <Button className={classes.more ?? ''} aria-label="More choices">
              <IconMore size={16} aria-hidden />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconUpload size={16} />}
              onClick={() => files.current?.click()}
            >
              Files…
            </Menu.Item>
            <Menu.Item
              leftSection={<IconUploadFolder size={16} />}
              onClick={() => folder.current?.click()}
            >
              A whole folder…
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Button.Group>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        // Directories, in every browser of today; React passes it on as it is.
        {...{ webkitdirectory: '' }}
        hidden
        aria-label="Folder to upload"
        onChange={(event) => take(event.currentTarget)}
      />
    </div>
  );
}
