import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { errorText } from '../design/error-text.ts';
import { AuthLayout } from '../session/auth-layout.tsx';
import { api } from '../session/browser-api.ts';

const route = getRouteApi('/signed-in/device');

/** Confirms a device's code: which one asks, and whether it may. */
export function ConfirmDevicePage() {
  const { code } = route.useSearch();
  const navigate = route.useNavigate();
  const [entered, setEntered] = useState(code ?? '');
  const waiting = useQuery({
    queryKey: ['waiting-device', code] as const,
    queryFn: ({ signal }) => api.accounts.waitingDevice(code ?? '', { signal }),
    enabled: code !== undefined,
    retry: false,
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ search: { code: entered.trim().toUpperCase() } });
  };
  if (code !== undefined && waiting.isSuccess) {
    return (
      <AuthLayout title="Confirm a device" foot={<Link to="/">Go to your files</Link>}>
        <Decide code={code} device={waiting.data.device} />
      </AuthLayout>
    );
  }
  return (
    <AuthLayout title="Confirm a device" foot={<Link to="/">Go to your files</Link>}>
      <form onSubmit={onSubmit}>
        <Stack>
          {waiting.isError && (
            <Alert color="red" variant="light" role="alert">
              {errorText(waiting.error)}
            </Alert>
          )}
          <TextInput
            label="The code that the device shows"
            size="lg"
            value={entered}
            placeholder="XXXX-XXXX"
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            maxLength={12}
            data-autofocus
            onChange={(event) => setEntered(event.currentTarget.value)}
          />
          <Button type="submit" size="md" loading={waiting.isFetching} disabled={entered === ''}>
            Continue
          </Button>
        </Stack>
      </form>
    </AuthLayout>
  );
}

function Decide({ code, device }: { readonly code: string; readonly device: string }) {
  const decide = useMutation({
    mutationFn: (verdict: 'approve' | 'deny') =>
      verdict === 'approve'
        ? api.accounts.approveDeviceLogin(code)
        : api.accounts.denyDeviceLogin(code),
  });
  if (decide.isSuccess) {
    const isGood = decide.variables === 'approve';
    return (
      <Alert color={isGood ? 'green' : 'gray'} variant="light" role="status">
        {isGood
          ? 'Done. The device is signed in; you may close this page.'
          : 'Refused. The device was not let in.'}
      </Alert>
    );
  }
  return (
    <Stack>
      {decide.isError && (
        <Alert color="red" variant="light" role="alert">
          {errorText(decide.error)}
        </Alert>
      )}
      <Text>This device wants to sign in to your account:</Text>
      <Text fw={650} size="lg">
        {device}
      </Text>
      <Text size="sm" c="dimmed">
        Approve only if you started this yourself just now and the device shows the code{' '}
        <strong>{code}</strong>. It will see and change all your files.
      </Text>
      <Group grow>
        <Button variant="default" disabled={decide.isPending} onClick={() => decide.mutate('deny')}>
          Deny
        </Button>
        <Button loading={decide.isPending} onClick={() => decide.mutate('approve')}>
          Approve
        </Button>
      </Group>
    </Stack>
  );
}
