/**
 * What the app's workers may do: a worker obeys the policy that its own script came with. Theirs is
 * the traffic with the object store, and the chunker, which is WebAssembly: allowing its compilation
 * allows no evaluation of JavaScript. Without it, files would be cut many times slower.
 */
export function workerPolicy(origins: readonly string[]): string {
  const connect = ["'self'", ...origins].join(' ');
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    `connect-src ${connect}`,
  ].join('; ');
}

/**
 * What the app's page may do. Scripts and styles come from our own files; the one exception are the
 * style elements that the component library makes, which carry the answer's nonce. Nothing is
 * contacted but ourselves and `origins`: the object store and the CDN.
 */
export function pagePolicy(nonce: string, origins: readonly string[]): string {
  const elsewhere = origins.map((origin) => ` ${origin}`).join('');
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${elsewhere}`,
    // A download that begins inside a hidden frame doesn't leave the page.
    `frame-src 'self'${elsewhere}`,
    "worker-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
