import { Outlet } from '@tanstack/react-router';
import { ConnectionBanner } from '../live/connection-banner.tsx';
import { TransfersPanel } from '../transfers/transfers-panel.tsx';
import { UploadsProvider } from '../transfers/uploads-provider.tsx';
import { InsecureBanner } from './insecure-banner.tsx';
import classes from './shell.module.css';
import { Sidebar } from './sidebar.tsx';
import { TopBar } from './top-bar.tsx';

/** The frame around every view: navigation, search, account. */
export function Shell() {
  return (
    <UploadsProvider>
      <div className={classes.frame}>
        <a className={classes.skip} href="#content">
          Skip to the content
        </a>
        <InsecureBanner />
        <ConnectionBanner />
        <div className={classes.columns}>
          <Sidebar />
          <div className={classes.main}>
            <TopBar />
            <main id="content" tabIndex={-1} className={classes.content}>
              <Outlet />
            </main>
          </div>
        </div>
        <TransfersPanel />
      </div>
    </UploadsProvider>
  );
}
