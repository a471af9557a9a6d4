/** A wildcard address is nowhere to go to: such a URL names this machine. */
export function baseUrl(isTls: boolean, host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const shown = name.includes(':') ? `[${name}]` : name;
  return `${isTls ? 'https' : 'http'}://${shown}:${port}`;
}

/** Where this machine reaches what listens on that address. */
export function ownAddress(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
