import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import type { FormEvent } from 'react';
import { queryClient } from '../app/query-client.ts';
import { errorText } from '../design/error-text.ts';
import { AuthLayout } from './auth-layout.tsx';
import { api, browserName } from './browser-api.ts';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { next, ended } = route.useSearch();
  const router = useRouter();
  const signIn = useMutation({
    mutationFn: (form: FormData) =>
      api.accounts.login({
        email: String(form.get('email')),
        password: String(form.get('password')),
        device: browserName(),
      }),
    onSuccess: () => {
      queryClient.clear();
      router.history.push(next ?? '/');
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    signIn.mutate(new FormData(event.currentTarget));
  };
  return (
    <AuthLayout
      title="Welcome back"
      foot={
        <>
          New here?{' '}
          <Link to="/sign-up" search={next === undefined ? {} : { next }}>
            Create account
          </Link>
        </>
      }
    >
      <form onSubmit={onSubmit}>
        <Stack gap="md">
          {ended === true && !signIn.isError && (
            <Alert color="yellow" variant="light" role="status">
              Your login here has ended. Sign in to go on where you were.
            </Alert>
          )}
          {signIn.isError && (
            <Alert color="red" variant="light" role="alert">
              {errorText(signIn.error)}
            </Alert>
          )}
          <TextInput
            label="Email"
            name="email"
            type="email"
            autoComplete="username"
            size="md"
            withAsterisk={false}
            required
            data-autofocus
          />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            size="md"
            withAsterisk={false}
            required
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide what is typed' }}
          />
          <Button type="submit" size="md" fullWidth loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
    </AuthLayout>
  );
}
