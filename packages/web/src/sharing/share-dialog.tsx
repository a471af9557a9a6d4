import { Alert, Button, Group, Select, Skeleton, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { isAppError } from '@valise/core/errors';
import type { File, Share, ShareRole } from '@valise/core/wire';
import { type FormEvent, useState } from 'react';
import { Dialog } from '../design/dialog.tsx';
import { errorText } from '../design/error-text.ts';
import { api } from '../session/browser-api.ts';
import classes from './people.module.css';
import { renewShares } from './renew-shares.ts';
import { isShareRole, ROLES } from './roles.ts';
import { ShareItem } from './share-item.tsx';
import { sharesQuery } from './shares-query.ts';

interface ShareDialogProps {
  readonly file: File;
  onClose(): void;
}

/** Who sees a file: add people by their address, change what they may do, take it away. */
export function ShareDialog({ file, onClose }: ShareDialogProps) {
  const shares = useQuery(sharesQuery(file.id));
  return (
    <Dialog onClose={onClose} title={`Share “${file.name}”`} size="lg">
      <Stack gap="lg">
        <AddPeople file={file} />
        <div>
          <h3 className={classes.heading}>Shared with</h3>
          {shares.isPending && <Skeleton height={40} radius="md" />}
          {shares.isError && <Alert color="red">{errorText(shares.error)}</Alert>}
          <ul className={classes.people}>
            {shares.data?.map((share: Share) => (
              <ShareItem key={`${share.user.id} ${share.via.fileId}`} file={file} share={share} />
            ))}
          </ul>
          {shares.data?.length === 0 && (
            <p className={classes.note}>
              Nobody else yet.
              {file.kind === 'folder' && ' Whoever you add sees all that is in it, now and later.'}
            </p>
          )}
        </div>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Done
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function AddPeople({ file }: { readonly file: File }) {
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [role, setRole] = useState<ShareRole>('viewer');
  const share = useMutation({
    mutationFn: (users: string[]) => api.shares.share(file.id, { users, role }),
    onSuccess: () => {
      setText('');
      return renewShares(client, file.id);
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    const users = text.split(/[\s,;]+/).filter((entry) => entry !== '');
    if (users.length > 0) share.mutate(users);
  };
  return (
    <form onSubmit={onSubmit}>
      <div className={classes.add}>
        <TextInput
          className={classes.field ?? ''}
          label="People"
          placeholder="ann@example.org, max@example.org"
          value={text}
          autoComplete="off"
          data-autofocus
          error={share.isError && problemOf(share.error)}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Select
          className={classes.role ?? ''}
          label="They may"
          allowDeselect={false}
          data={ROLES}
          value={role}
          onChange={(value) => {
            if (isShareRole(value)) setRole(value);
          }}
        />
        <Button type="submit" mt={25} loading={share.isPending} disabled={text.trim() === ''}>
          Add
        </Button>
      </div>
    </form>
  );
}

function problemOf(error: unknown): string {
  if (!isAppError(error, 'unknown-users')) return errorText(error);
  const { users } = error.details;
  const who = Array.isArray(users) ? users.join(', ') : 'them';
  return `Nobody here has the address ${who}. Nothing was shared.`;
}
