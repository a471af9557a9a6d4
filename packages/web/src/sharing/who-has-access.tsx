import { Avatar, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { File } from '@valise/core/wire';
import { errorText } from '../design/error-text.ts';
import { readIdentity } from '../session/identity.ts';
import { useOwnerName } from './owner-name.ts';
import classes from './people.module.css';
import { sharesQuery } from './shares-query.ts';

/** The people that can see a file, in short. */
export function WhoHasAccess({ file }: { readonly file: File }) {
  const shares = useQuery(sharesQuery(file.id));
  const me = readIdentity()?.user;
  const owner = useOwnerName(file);
  if (shares.isPending) return <Skeleton height={36} radius="md" />;
  if (shares.isError) return <p className={classes.note}>{errorText(shares.error)}</p>;
  const people = shares.data.filter(({ user }) => user.id !== me?.id);
  return (
    <ul className={classes.people}>
      {owner !== null && <Person name={owner} may="owner" />}
      {people.map(({ user, role, via }) => (
        <Person
          key={`${user.id} ${via.fileId}`}
          name={user.name}
          may={via.fileId === file.id ? role : `${role}, by “${via.name}”`}
        />
      ))}
      {people.length === 0 && file.role === 'owner' && (
        <li className={classes.note}>Nobody else yet.</li>
      )}
    </ul>
  );
}

function Person({ name, may }: { readonly name: string; readonly may: string }) {
  return (
    <li className={classes.person}>
      <Avatar name={name} color="cobalt" size={30} radius="xl" aria-hidden />
      <span className={classes.who}>
        {name}
        <small>{may}</small>
      </span>
    </li>
  );
}
