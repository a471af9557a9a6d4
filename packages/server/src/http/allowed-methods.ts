import type { App } from './app.ts';

/**
 * Answers for a URL that found no route which methods have one there, so that 405 can be told from
 * 404. Only failing requests pay for the search.
 */
export function allowedMethods(app: App): (url: string) => readonly string[] {
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = patternOf(url);
    for (const one of [method].flat()) routes.push({ method: one, pattern });
  });
  return (url) => {
    const path = url.split('?', 1)[0] ?? '';
    const hits = routes.filter(({ pattern }) => pattern.test(path));
    return [...new Set(hits.map(({ method }) => method))].sort();
  };
}

function patternOf(route: string): RegExp {
  const source = route
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[^\w-]/g, '\\$&')))
    .join('/');
  return new RegExp(`^${source}$`);
}
