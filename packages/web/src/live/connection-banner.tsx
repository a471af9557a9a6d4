import banner from '../app/banner.module.css';
import { IconOffline } from '../design/icons.ts';
import { useLive } from './use-live.ts';

/** Says when what is shown may be old. The place is kept for screen readers to hear of it. */
export function ConnectionBanner() {
  const connection = useLive();
  return (
    <div role="status">
      {connection !== 'up' && (
        <div className={banner.banner}>
          <IconOffline size={18} aria-hidden />
          <span>
            {connection === 'offline'
              ? 'You are offline. What you see may be old; uploads go on when you are back.'
              : 'The server can’t be reached. Trying again…'}
          </span>
        </div>
      )}
    </div>
  );
}
