import { Button } from '@mantine/core';
import { useRef } from 'react';
import { IconUpload, IconUploadFolder } from '../design/icons.ts';
import { chosenFiles } from './dropped-files.ts';
import classes from './transfers-panel.module.css';
import { useUploads } from './use-uploads.ts';

/** Gives many interrupted uploads their files in one go: what is chosen goes to where it fits. */
export function ChooseAgain() {
  const { client } = useUploads();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (input: HTMLInputElement) => {
    void client.giveMany(chosenFiles([...(input.files ?? [])]).uploads);
    // The same again must be a change, too.
    input.value = '';
  };
  return (
    <div className={classes.again}>
      <Button
        size="compact-sm"
        variant="light"
        leftSection={<IconUpload size={14} aria-hidden />}
        onClick={() => files.current?.click()}
      >
        Choose files…
      </Button>
      <Button
        size="compact-sm"
        variant="light"
        leftSection={<IconUploadFolder size={14} aria-hidden />}
        onClick={() => folder.current?.click()}
      >
        Choose folder…
      </Button>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files to continue"
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        {...{ webkitdirectory: '' }}
        hidden
        aria-label="Folder to continue"
        onChange={(event) => take(event.currentTarget)}
      />
    </div>
  );
}
