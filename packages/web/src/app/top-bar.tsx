import {
  ActionIcon,
  Avatar,
  Menu,
  TextInput,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef } from 'react';
import { IconDark, IconKey, IconLight, IconSearch, IconSignOut } from '../design/icons.ts';
import { readIdentity } from '../session/identity.ts';
import { signOut } from '../session/sign-out.ts';
import classes from './shell.module.css';

export function TopBar() {
  return (
    <header className={classes.topbar}>
      <SearchField />
      <span className={classes.spacer} />
      <SchemeButton />
      <AccountMenu />
    </header>
  );
}

function SearchField() {
  const navigate = useNavigate();
  const { q } = useSearch({ strict: false }) as { q?: string };
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null && document.activeElement !== input.current) {
      input.current.value = q ?? '';
    }
  }, [q]);
  const go = (value: string, replace: boolean) => {
    const wanted = value.trim();
    if (wanted !== '') void navigate({ to: '/search', search: { q: wanted }, replace });
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    go(input.current?.value ?? '', q !== undefined);
  };
  return (
    <search className={classes.search}>
      <form onSubmit={onSubmit}>
        <TextInput
          ref={input}
          type="search"
          size="md"
          radius="xl"
          placeholder="Search your files"
          aria-label="Search"
          leftSection={<IconSearch size={17} aria-hidden />}
          onChange={(event) => go(event.currentTarget.value, q !== undefined)}
        />
      </form>
    </search>
  );
}

function SchemeButton() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'dark' ? 'light' : 'dark';
  const Icon = scheme === 'dark' ? IconLight : IconDark;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      radius="xl"
      aria-label={`Use ${other} colours`}
      onClick={() => setColorScheme(other)}
    >
      <Icon size={19} aria-hidden />
    </ActionIcon>
  );
}

function AccountMenu() {
  const navigate = useNavigate();
  const user = readIdentity()?.user;
  if (user === undefined) return null;
  const initials = initialsOf(user.name);
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton aria-label={`${initials} Account`} style={{ borderRadius: '50%' }}>
          <Avatar color="cobalt" variant="filled" radius="xl" size={36}>
            {initials}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name}
          <br />
          {user.email}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconKey size={16} aria-hidden />}
          onClick={() => void navigate({ to: '/account' })}
        >
          Account settings
        </Menu.Item>
        <Menu.Item
          leftSection={<IconSignOut size={16} aria-hidden />}
          onClick={() => void signOut()}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Of the first and the last name. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words.at(0), words.at(-1)] : words;
  return ends.map((word) => [...(word ?? '')][0]?.toUpperCase() ?? '').join('');
}
