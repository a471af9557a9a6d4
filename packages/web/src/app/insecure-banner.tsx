import { IconInsecure } from '../design/icons.ts';
import classes from './banner.module.css';

/** Says what a page that came over plain HTTP from another machine can't do. */
export function InsecureBanner() {
  if (window.isSecureContext) return null;
  return (
    <div className={classes.banner} role="note">
      <IconInsecure size={18} aria-hidden />
      <span>
        This page came over an unprotected connection: others on the network can read along, uploads
        are slower, and several files can’t be packed into one download of any size. Reach Valise by
        https to change that.
      </span>
    </div>
  );
}
