import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import type { FormEvent } from 'react';
import { queryClient } from '../app/query-client.ts';
import { errorText } from '../design/error-text.ts';
import { AuthLayout } from './auth-layout.tsx';
import { api, browserName } from './browser-api.ts';

const route = getRouteApi('/sign-up');

export function SignUpPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  const signUp = useMutation({
    mutationFn: (form: FormData) =>
      api.accounts.register({
        name: String(form.get('name')),
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
    signUp.mutate(new FormData(event.currentTarget));
  };
  return (
    <AuthLayout
      title="Your files, everywhere"
      foot={
        <>
          Have an account?{' '}
          <Link to="/sign-in" search={next === undefined ? {} : { next }}>
            Sign in
          </Link>
        </>
      }
    >
      <form onSubmit={onSubmit}>
        <Stack gap="md">
          {signUp.isError && (
            <Alert color="red" variant="light" role="alert">
              {errorText(signUp.error)}
            </Alert>
          )}
          <TextInput
            label="Name"
            name="name"
            autoComplete="name"
            size="md"
            withAsterisk={false}
            required
          />
          <TextInput
            label="Email"
            name="email"
            type="email"
            autoComplete="username"
            size="md"
            withAsterisk={false}
            required
          />
          <PasswordInput
            label="Password"
            name="password"
            description="At least 8 characters"
            autoComplete="new-password"
            minLength={8}
            size="md"
            withAsterisk={false}
            required
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide what is typed' }}
          />
          <Button type="submit" size="md" fullWidth loading={signUp.isPending}>
            Create account
          </Button>
        </Stack>
      </form>
    </AuthLayout>
  );
}
