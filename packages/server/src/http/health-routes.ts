import Type from 'typebox';
import type { App } from './app.ts';

/** `GET /healthz`: the process is up and answers. What it stands on is told by `/readyz`. */
export function healthRoutes(app: App): void {
  const schema = {
    summary: 'Is the process up?',
    operationId: 'health',
    tags: ['Operations'],
    response: { 200: Type.Object({ status: Type.Literal('ok') }) },
  };
  app.get('/healthz', { config: { access: 'public' }, schema }, () => ({ status: 'ok' as const }));
}
