import { Alert, Button, PasswordInput, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { isAppError } from '@valise/core/errors';
import { type FormEvent, useRef } from 'react';
import { errorText } from '../design/error-text.ts';
import head from '../design/page-head.module.css';
import { PageHead } from '../design/page-head.tsx';
import { useToast } from '../design/toasts.tsx';
import { api } from '../session/browser-api.ts';
import { readIdentity } from '../session/identity.ts';
import classes from './account-page.module.css';

/** Who one is, and the password. */
export function AccountPage() {
  const user = readIdentity()?.user;
  return (
    <>
      <title>Account · Valise</title>
      <PageHead title="Account" />
      <div className={head.body}>
        <div className={classes.column}>
          <section className={classes.card}>
            <h2>You</h2>
            <dl className={classes.facts}>
              <dt>Name</dt>
              <dd>{user?.name}</dd>
              <dt>Address</dt>
              <dd>{user?.email}</dd>
            </dl>
          </section>
          <PasswordCard />
        </div>
      </div>
    </>
  );
}

const TOGGLE = { 'aria-label': 'Show or hide what is typed' };

function PasswordCard() {
  const form = useRef<HTMLFormElement>(null);
  const toast = useToast();
  const change = useMutation({
    mutationFn: (data: FormData) =>
      api.accounts.changePassword({
        current: String(data.get('current')),
        new: String(data.get('new')),
      }),
    onSuccess: () => {
      form.current?.reset();
      toast({ text: 'The password is changed. Every other device is signed out.' });
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    change.mutate(new FormData(event.currentTarget));
  };
  return (
    <section className={classes.card}>
      <h2>Change password</h2>
      <p>Whoever knew the old one is out: all your other devices have to sign in again.</p>
      <form ref={form} onSubmit={onSubmit}>
        <Stack>
          {change.isError && (
            <Alert color="red" variant="light" role="alert">
              {isAppError(change.error, 'bad-credentials')
                ? 'The current password is wrong.'
                : errorText(change.error)}
            </Alert>
          )}
          <PasswordInput
            label="Current password"
            name="current"
            autoComplete="current-password"
            withAsterisk={false}
            required
            visibilityToggleButtonProps={TOGGLE}
          />
          <PasswordInput
            label="New password"
            name="new"
            description="At least 8 characters"
            autoComplete="new-password"
            minLength={8}
            withAsterisk={false}
            required
            visibilityToggleButtonProps={TOGGLE}
          />
          <Button type="submit" loading={change.isPending} className={classes.submit ?? ''}>
            Change password
          </Button>
        </Stack>
      </form>
    </section>
  );
}
