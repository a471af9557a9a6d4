import type { WebBundle } from './web-bundle.ts';

const script = {
  type: 'text/javascript; charset=utf-8',
  etag: '"one"',
  body: Buffer.from('plain'),
  encoded: { br: Buffer.from('as brotli'), gzip: Buffer.from('as gzip') },
};

/** A web app of one page and two scripts. */
export const testBundle: WebBundle = {
  index: '<!doctype html><meta name="csp-nonce" content="{{nonce}}"><title>Valise</title>',
  files: new Map([
    ['/assets/index-Ab12-_xy.js', script],
    ['/theme.js', script],
  ]),
};
