import { createServer } from 'node:net';

/** Whether one could listen there now. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  return (await tryPort(port, host)) !== undefined;
}

/** A port that nobody listens on now. Someone else may take it before it is used. */
export async function findFreePort(host: string): Promise<number> {
  const port = await tryPort(0, host);
  if (port === undefined) throw new Error(`No port is free on ${host}.`);
  return port;
}

async function tryPort(port: number, host: string): Promise<number | undefined> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(undefined));
    probe.listen({ port, host }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
