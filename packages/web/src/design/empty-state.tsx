import type { ComponentType, ReactNode } from 'react';
import classes from './empty-state.module.css';

interface EmptyStateProps {
  readonly Icon: ComponentType<{ size?: number; strokeWidth?: number }>;
  readonly title: string;
  readonly children?: ReactNode;
}

/** What a view says when there is nothing to show: why, and what to do. */
export function EmptyState({ Icon, title, children }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.icon} aria-hidden>
        <Icon size={34} strokeWidth={1.5} />
      </span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
