import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { App } from './app.ts';

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** Address, file below `pages/`, type. Scripts and styles are files: the CSP allows no inline ones. */
const PAGES = [
  ['/', 'index.html', HTML],
  ['/device', 'device.html', HTML],
  ['/assets/page.css', 'page.css', CSS],
  ['/assets/device.js', 'device.js', SCRIPT],
  ['/assets/icon.svg', 'icon.svg', 'image/svg+xml'],
] as const;

/** What the pages may say: `{{version}}` and the like. */
export type PageValues = Readonly<Record<'version' | 'url', string>>;

/** The first page, and the one that confirms a device's code. */
export function addPages(app: App, values: PageValues): void {
  for (const [url, file, type] of PAGES) {
    const text = readFileSync(new URL(`./pages/${file}`, import.meta.url), 'utf8');
    const body = type === HTML ? fill(text, values) : text;
    const etag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
    app.get(url, { config: { access: 'public' }, schema: { hide: true } }, (request, reply) => {
      reply.headers({ etag, 'cache-control': 'no-cache' });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(type).send(body);
    });
  }
}

/** `{{name}}` becomes that value, harmless as text and as a quoted attribute. */
function fill(html: string, values: PageValues): string {
  const known = new Map<string, string>(Object.entries(values));
  return html.replaceAll(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    const value = known.get(name);
    if (value === undefined) throw new Error(`A page wants {{${name}}}, which nobody knows.`);
    return escapeHtml(value);
  });
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
