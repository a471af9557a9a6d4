import type { ReactNode } from 'react';
import classes from './page-head.module.css';

interface PageHeadProps {
  readonly title: string;
  readonly children?: ReactNode;
}

/** A view's title, with what can be done to all of it. */
export function PageHead({ title, children }: PageHeadProps) {
  return (
    <div className={classes.head}>
      <h1>{title}</h1>
      {children}
    </div>
  );
}
