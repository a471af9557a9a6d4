import type { App } from '../http/app.ts';
import { capabilityRoutes } from './capability-routes.ts';
import { completionRoutes } from './completion-routes.ts';
import { creationRoutes } from './creation-routes.ts';
import { transferRoutes } from './transfer-routes.ts';
import type { UploadDeps } from './upload-deps.ts';

/** Everything from asking to upload to having uploaded. No byte of a file comes by here. */
export function uploadRoutes(deps: UploadDeps): (app: App) => void {
  return (app) => {
    creationRoutes(app, deps);
    transferRoutes(app, deps);
    completionRoutes(app, deps);
    capabilityRoutes(app, deps);
  };
}
