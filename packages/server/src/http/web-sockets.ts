import websocket from '@fastify/websocket';
import { LIVE_PROTOCOL } from '@valise/core/wire';
import type { App } from './app.ts';

/** Clients have next to nothing to say; a longer message ends its socket with 1009. */
const MAX_MESSAGE_BYTES = 4_096;

const FAREWELL_MS = 1_000;

/**
 * Lets routes have a `wsHandler`. What fails before the upgrade, authentication included, is
 * answered as any request is. Messages are small and many: compressing each costs more memory per
 * socket than all the rest.
 */
export async function addWebSockets(app: App): Promise<void> {
  await app.register(websocket, {
    options: {
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      clientTracking: true,
      handleProtocols: (offered) => (offered.has(LIVE_PROTOCOL) ? LIVE_PROTOCOL : false),
    },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose(done) {
      const { clients } = this.websocketServer;
      for (const client of clients) client.close(1001, 'The server stops.');
      this.websocketServer.close();
      // Whoever doesn't answer would keep the port from closing.
      setTimeout(() => {
        for (const client of clients) client.terminate();
      }, FAREWELL_MS).unref();
      done();
    },
  });
}
