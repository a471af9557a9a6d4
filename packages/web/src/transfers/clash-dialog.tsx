import { Button, List, Stack, Text } from '@mantine/core';
import { Dialog } from '../design/dialog.tsx';
import { count } from '../design/format.ts';
import type { ClashChoice } from './protocol.ts';
import type { Clashes } from './upload-client.ts';

interface ClashDialogProps {
  readonly clashes: Clashes;
  onChoose(choice: ClashChoice): void;
}

/** One question for everything whose name is taken. */
export function ClashDialog({ clashes, onChoose }: ClashDialogProps) {
  const { names, total } = clashes;
  const isOne = total === 1;
  return (
    <Dialog
      onClose={() => onChoose('skip')}
      title={isOne ? 'The name is taken' : `${count(total, 'name')} are taken`}
      size="md"
    >
      <Stack>
        <Text>
          {isOne ? 'There is a file of this name' : 'There are files of these names'} in that place
          already:
        </Text>
        <List size="sm" fw={550}>
          {names.map((name) => (
            <List.Item key={name}>{name}</List.Item>
          ))}
          {total > names.length && (
            <List.Item>and {count(total - names.length, 'more', 'more')}</List.Item>
          )}
        </List>
        <Stack gap="xs">
          <Button data-autofocus onClick={() => onChoose('keep-both')}>
            Keep both
          </Button>
          <Button variant="default" onClick={() => onChoose('replace')}>
            {isOne ? 'Replace it' : 'Replace them'}
          </Button>
          <Button variant="subtle" onClick={() => onChoose('skip')}>
            {isOne ? 'Skip it' : 'Skip them'}
          </Button>
        </Stack>
      </Stack>
    </Dialog>
  );
}
