import { TextInput } from '@mantine/core';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import classes from './file-grid.module.css';

interface RenameFieldProps {
  readonly name: string;
  /** null: as it was. */
  onDone(name: string | null): void;
}

/** A name, edited in its place: Enter and leaving keep it, Escape doesn't. */
export function RenameField({ name, onDone }: RenameFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const isDone = useRef(false);
  useEffect(() => {
    const dot = name.lastIndexOf('.');
    input.current?.focus();
    // The ending stays as it is unless someone means it.
    input.current?.setSelectionRange(0, dot > 0 ? dot : name.length);
  }, [name]);
  const done = (keep: boolean) => {
    if (isDone.current) return;
    isDone.current = true;
    const entered = input.current?.value.trim() ?? '';
    const grid = input.current?.closest<HTMLElement>('[role=grid]');
    onDone(keep && entered !== '' && entered !== name ? entered : null);
    grid?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Enter') done(true);
    if (event.key === 'Escape') done(false);
  };
  return (
    <TextInput
      ref={input}
      size="xs"
      className={classes.rename ?? ''}
      defaultValue={name}
      aria-label="New name"
      onKeyDown={onKeyDown}
      onBlur={() => done(true)}
      onClick={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
    />
  );
}
