import { Capabilities } from '@valise/core/wire';
import type { App } from '../http/app.ts';
import { tags } from './route-params.ts';
import type { UploadDeps } from './upload-deps.ts';

/** `GET /capabilities`: what clients may make use of here. */
export function capabilityRoutes(app: App, deps: UploadDeps): void {
  const schema = {
    summary: 'What this server can do',
    operationId: 'capabilities',
    tags,
    response: { 200: Capabilities },
  };
  app.get('/capabilities', { config: { access: 'public' }, schema }, () => ({
    contentEncodings: [...deps.storage.contentEncodings],
  }));
}
