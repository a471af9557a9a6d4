import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { FolderPage } from '../files/folder-page.tsx';
import { readIdentity } from '../session/identity.ts';
import { NotFoundPage } from './not-found-page.tsx';
import { Shell } from './shell.tsx';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** Only addresses of our own: a link to the sign-in page must not lead elsewhere. */
const ownAddress = (value: unknown) => {
  const address = text(value);
  return address?.startsWith('/') && !/^\/[/\\]/.test(address) ? address : undefined;
};

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string; ended?: boolean } => {
    const next = ownAddress(search.next);
    return {
      ...(next === undefined ? {} : { next }),
      ...(search.ended === true ? { ended: true } : {}),
    };
  },
  component: lazyRouteComponent(() => import('../session/sign-in-page.tsx'), 'SignInPage'),
});

const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  validateSearch: (search: Record<string, unknown>): { next?: string } => {
    const next = ownAddress(search.next);
    return next === undefined ? {} : { next };
  },
  component: lazyRouteComponent(() => import('../session/sign-up-page.tsx'), 'SignUpPage'),
});

/** Everything below it is for who is signed in. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: ({ location }) => {
    if (readIdentity() !== null) return;
    const next = location.href;
    throw redirect({ to: '/sign-in', search: next === '/' ? {} : { next } });
  },
});

const device = createRoute({
  getParentRoute: () => signedIn,
  path: '/device',
  validateSearch: (search: Record<string, unknown>): { code?: string } => {
    const code = text(search.code);
    return code === undefined ? {} : { code };
  },
  component: lazyRouteComponent(
    () => import('../devices/confirm-device-page.tsx'),
    'ConfirmDevicePage',
  ),
});

const shell = createRoute({ getParentRoute: () => signedIn, id: 'shell', component: Shell });

const files = createRoute({ getParentRoute: () => shell, path: '/', component: FolderPage });
const folder = createRoute({
  getParentRoute: () => shell,
  path: '/folder/$folderId',
  component: FolderPage,
});
const trash = createRoute({
  getParentRoute: () => shell,
  path: '/trash',
  component: lazyRouteComponent(() => import('../trash/trash-page.tsx'), 'TrashPage'),
});
const shared = createRoute({
  getParentRoute: () => shell,
  path: '/shared',
  component: lazyRouteComponent(() => import('../sharing/shared-page.tsx'), 'SharedPage'),
});
const sharedByMe = createRoute({
  getParentRoute: () => shell,
  path: '/shared/by-me',
  component: lazyRouteComponent(() => import('../sharing/shared-by-me-page.tsx'), 'SharedByMePage'),
});
const account = createRoute({
  getParentRoute: () => shell,
  path: '/account',
  component: lazyRouteComponent(() => import('../account/account-page.tsx'), 'AccountPage'),
});
const search = createRoute({
  getParentRoute: () => shell,
  path: '/search',
  validateSearch: (given: Record<string, unknown>): { q: string } => ({ q: String(given.q ?? '') }),
  component: lazyRouteComponent(() => import('../search/search-page.tsx'), 'SearchPage'),
});
const devices = createRoute({
  getParentRoute: () => shell,
  path: '/account/devices',
  component: lazyRouteComponent(() => import('../devices/devices-page.tsx'), 'DevicesPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    signUp,
    signedIn.addChildren([
      device,
      shell.addChildren([files, folder, trash, shared, sharedByMe, search, devices, account]),
    ]),
  ]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
