import type { App } from '../http/app.ts';
import { changeRoutes } from './change-routes.ts';
import { creationRoutes } from './creation-routes.ts';
import type { FileDeps } from './file-deps.ts';
import { listingRoutes } from './listing-routes.ts';
import { trashRoutes } from './trash-routes.ts';

/** Folders, names, moves, removal: everything about the tree but its contents. */
export function fileRoutes(deps: FileDeps): (app: App) => void {
  return (app) => {
    for (const addRoutes of [creationRoutes, changeRoutes, listingRoutes, trashRoutes]) {
      addRoutes(app, deps);
    }
  };
}
