/** A wildcard address is nowhere to go to: such a URL names this machine. */
export function baseUrl(isTls: boolean, host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const shown = name.includes(':') ? `[${name}]` : name;
  return `${isTls ? 'https' : 'http'}://${shown}:${port}`;
}
