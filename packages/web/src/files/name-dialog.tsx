import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Dialog } from '../design/dialog.tsx';
import { errorText } from '../design/error-text.ts';

interface NameDialogProps {
  readonly title: string;
  readonly button: string;
  readonly initial: string;
  onClose(): void;
  onName(name: string): Promise<unknown>;
}

/** Asks for a name; what the server says against it appears at the field. */
export function NameDialog({ title, button, initial, onClose, onName }: NameDialogProps) {
  const [name, setName] = useState(initial);
  const create = useMutation({ mutationFn: onName, onSuccess: onClose });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') create.mutate(name.trim());
  };
  return (
    <Dialog onClose={onClose} title={title} size="sm">
      <form onSubmit={onSubmit}>
        <Stack>
          <TextInput
            label="Name"
            size="md"
            value={name}
            data-autofocus
            error={create.isError && errorText(create.error)}
            onChange={(event) => setName(event.currentTarget.value)}
            onFocus={(event) => event.currentTarget.select()}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
              {button}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
