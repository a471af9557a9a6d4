import { Link } from '@tanstack/react-router';
import { IconDevices, IconFiles, IconShared, IconTrash } from '../design/icons.ts';
import classes from './shell.module.css';

const PLACES = [
  { to: '/', label: 'Files', Icon: IconFiles },
  { to: '/shared', label: 'Shared', Icon: IconShared },
  { to: '/trash', label: 'Trash', Icon: IconTrash },
  { to: '/account/devices', label: 'Devices', Icon: IconDevices },
] as const;

/** The places one can go; on narrow screens the bar at the bottom. */
export function Sidebar() {
  return (
    <aside className={classes.sidebar}>
      <Link to="/" className={classes.brand ?? ''} aria-label="Valise, home">
        <img src="/icon.svg" alt="" />
        Valise
      </Link>
      <nav className={classes.nav} aria-label="Main">
        {PLACES.map(({ to, label, Icon }) => (
          <Link
            key={to}
            to={to}
            className={classes.link ?? ''}
            activeOptions={{ exact: to === '/', includeSearch: false }}
          >
            <Icon size={19} strokeWidth={1.9} aria-hidden />
            <span>{label}</span>
          </Link>
        ))}
      </nav>
      <p className={classes.foot}>Files go straight between you and the store.</p>
    </aside>
  );
}
