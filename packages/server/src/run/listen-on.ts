import { createServer, type Server } from 'node:net';

export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** Named in the message when the port is taken. */
  readonly variable: string;
}

/** Opens the port, or throws an Error that says which variable to change. */
export async function listenOn(
  server: Server,
  { host, port, variable }: ListenPlace,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw explainListenFault(error, { host, port, variable });
  });
}

/** Finds the usual fault before anything is started. Port 0 is always free. */
export async function assertPortFree(place: ListenPlace): Promise<void> {
  const probe = createServer();
  await listenOn(probe, place);
  await new Promise((resolve) => probe.close(resolve));
}

/** Says which variable to change, where that helps; other errors are answered as they are. */
export function explainListenFault(error: unknown, { host, port, variable }: ListenPlace): unknown {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return new Error(
        `Port ${port} is in use: set ${variable} to another one, or end the program that has it.`,
        { cause: error },
      );
    case 'EACCES':
      return new Error(`Port ${port} needs more rights: set ${variable} to one above 1023.`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Error(`${host} is no address of this machine: set VALISE_HOST.`, { cause: error });
    default:
      return error;
  }
}
