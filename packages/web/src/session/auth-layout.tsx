import type { ReactNode } from 'react';
import { InsecureBanner } from '../app/insecure-banner.tsx';
import classes from './auth-layout.module.css';

interface AuthLayoutProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly foot?: ReactNode;
}

/** One card in the middle: what one sees before, or beside, one's files. */
export function AuthLayout({ title, children, foot }: AuthLayoutProps) {
  return (
    <>
      <title>{`${title} · Valise`}</title>
      <InsecureBanner />
      <main className={classes.page}>
        <div className={classes.column}>
          <div className={classes.brand}>
            <img src="/icon.svg" alt="" />
            <h1>{title}</h1>
          </div>
          <div className={classes.card}>{children}</div>
          {foot !== undefined && <p className={classes.foot}>{foot}</p>}
        </div>
      </main>
    </>
  );
}
