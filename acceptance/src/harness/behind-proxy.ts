import { FaultProxy } from './fault-proxy.ts';
import { freePorts, TestServer } from './server.ts';

/** A server whose embedded store clients reach over a network that can fail, and that counts. */
export interface BehindProxy extends AsyncDisposable {
  readonly server: TestServer;
  readonly store: FaultProxy;
}

export async function startBehindProxy(
  env: Readonly<Record<string, string>> = {},
): Promise<BehindProxy> {
  const [port = 0] = await freePorts(1);
  const store = await FaultProxy.start(() => [port]);
  const server = await TestServer.start({
    env: { VALISE_OBJECTS_PORT: String(port), VALISE_OBJECTS_URL: store.url, ...env },
  });
  return {
    server,
    store,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await store.close();
    },
  };
}
