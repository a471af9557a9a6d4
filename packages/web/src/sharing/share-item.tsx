import { Avatar, CloseButton, Select, Tooltip } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { File, Share, ShareRole } from '@valise/core/wire';
import { errorText } from '../design/error-text.ts';
import { useToast } from '../design/toasts.tsx';
import { api } from '../session/browser-api.ts';
import classes from './people.module.css';
import { renewShares } from './renew-shares.ts';
import { isShareRole, ROLES } from './roles.ts';

interface ShareItemProps {
  readonly file: File;
  readonly share: Share;
}

/** One person; what comes by a folder above is changed there. */
export function ShareItem({ file, share: { user, role, via } }: ShareItemProps) {
  const client = useQueryClient();
  const toast = useToast();
  const settle = {
    onError: (error: unknown) => toast({ kind: 'error' as const, text: errorText(error) }),
    onSettled: () => renewShares(client, file.id),
  };
  const change = useMutation({
    mutationFn: (wanted: ShareRole) =>
      api.shares.share(file.id, { users: [user.id], role: wanted }),
    ...settle,
  });
  const remove = useMutation({
    mutationFn: () => api.shares.remove(file.id, user.id),
    ...settle,
  });
  const isOwn = via.fileId === file.id;
  return (
    <li className={`${classes.person} ${classes.item}`}>
      <Avatar name={user.name} color="cobalt" size={34} radius="xl" aria-hidden />
      <span className={classes.who}>
        {user.name}
        <small>{isOwn ? user.email : `${user.email} · by “${via.name}”`}</small>
      </span>
      <Select
        w={140}
        size="xs"
        aria-label={`What ${user.name} may do`}
        allowDeselect={false}
        data={ROLES}
        value={change.isPending ? change.variables : role}
        disabled={!isOwn}
        onChange={(value) => {
          if (isShareRole(value) && value !== role) change.mutate(value);
        }}
      />
      <Tooltip label={isOwn ? 'Remove' : 'Comes by a folder above'}>
        <CloseButton
          aria-label={`Remove ${user.name}`}
          disabled={!isOwn || remove.isPending}
          onClick={() => remove.mutate()}
        />
      </Tooltip>
    </li>
  );
}
