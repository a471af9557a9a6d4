import { Button } from '@mantine/core';
import { useRef } from 'react';
import { useUploads } from './use-uploads.ts';

interface PermittingHandle extends FileSystemFileHandle {
  requestPermission(options: { readonly mode: 'read' }): Promise<PermissionState>;
}

interface ContinueButtonProps {
  readonly id: string;
  readonly name: string;
  readonly handle: FileSystemFileHandle | undefined;
}

/** Asks the browser for the file that it kept, or else the person for the file. */
export function ContinueButton({ id, name, handle }: ContinueButtonProps) {
  const { client } = useUploads();
  const input = useRef<HTMLInputElement>(null);
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
