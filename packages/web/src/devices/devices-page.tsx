import { Badge, Button, Skeleton } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Device } from '@valise/core/wire';
import { errorText } from '../design/error-text.ts';
import { formatDate, formatFullDate } from '../design/format.ts';
import { IconDevice } from '../design/icons.ts';
import head from '../design/page-head.module.css';
import { PageHead } from '../design/page-head.tsx';
import { useToast } from '../design/toasts.tsx';
import { api } from '../session/browser-api.ts';
import classes from './devices-page.module.css';

const devicesQuery = queryOptions({
  queryKey: ['devices'] as const,
  queryFn: ({ signal }) => api.accounts.devices({ signal }),
});

/** Every login of this account, and the way to end it. */
export function DevicesPage() {
  const devices = useQuery(devicesQuery);
  return (
    <>
      <title>Devices · Valise</title>
      <PageHead title="Devices" />
      <div className={head.body}>
        <div className={head.narrow}>
          <p className={classes.intro}>
            Every browser, agent and command line that is signed in to your account. Revoke what you
            don’t know or don’t use any more: it is out within seconds.
          </p>
          {devices.isPending && <Skeleton height={72} radius="lg" />}
          {devices.isError && <p role="alert">{errorText(devices.error)}</p>}
          <ul className={classes.list}>
            {devices.data?.map((device) => (
              <DeviceItem key={device.id} device={device} />
            ))}
          </ul>
        </div>
      </div>
    </>
  );
}

function DeviceItem({ device }: { readonly device: Device }) {
  const client = useQueryClient();
  const toast = useToast();
  const revoke = useMutation({
    mutationFn: () => api.accounts.revokeDevice(device.id),
    onSuccess: () => toast({ text: `“${device.name}” is signed out` }),
    onError: (error) => toast({ kind: 'error', text: errorText(error) }),
    onSettled: () => client.invalidateQueries({ queryKey: devicesQuery.queryKey }),
  });
  return (
    <li className={classes.device}>
      <span className={classes.icon} aria-hidden>
        <IconDevice size={20} strokeWidth={1.75} />
      </span>
      <div className={classes.what}>
        <span className={classes.name}>
          {device.name}
          {device.current && (
            <Badge size="sm" variant="light" ml="xs" tt="none">
              This device
            </Badge>
          )}
        </span>
        <span className={classes.seen}>
          Last seen{' '}
          <time dateTime={device.lastSeenAt} title={formatFullDate(device.lastSeenAt)}>
            {formatDate(device.lastSeenAt)}
          </time>{' '}
          · signed in{' '}
          <time dateTime={device.createdAt} title={formatFullDate(device.createdAt)}>
            {formatDate(device.createdAt)}
          </time>
        </span>
      </div>
      {!device.current && (
        <Button
          variant="default"
          size="xs"
          aria-label={`Revoke ${device.name}`}
          loading={revoke.isPending}
          onClick={() => revoke.mutate()}
        >
          Revoke
        </Button>
      )}
    </li>
  );
}
