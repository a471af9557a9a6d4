import { Link } from '@tanstack/react-router';
import classes from './shared-tabs.module.css';

const SIDES = [
  { to: '/shared', label: 'With me' },
  { to: '/shared/by-me', label: 'By me' },
] as const;

/** The two sides of sharing. */
export function SharedTabs() {
  return (
    <nav className={classes.tabs} aria-label="Shared">
      {SIDES.map(({ to, label }) => (
        <Link key={to} to={to} className={classes.tab ?? ''} activeOptions={{ exact: true }}>
          {label}
        </Link>
      ))}
    </nav>
  );
}
