import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { AppError, problemOf } from '@valise/core/errors';
import type { ConnectionError, FastifyServerFactory } from 'fastify';
import type { GatewayConfig } from './gateway-config.ts';

/**
 * Time-outs of a connection. Whoever sends headers or a body drop by drop is cut off: requests are
 * 10 MB at most, so two minutes suffice on a slow line.
 */
const TIMEOUTS = {
  headersTimeout: 15_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 72_000,
  connectionsCheckingInterval: 5_000,
} as const;

/** Makes the HTTP or, with a certificate, the HTTPS server under the app. */
export function listenerFactory(
  tls: GatewayConfig['tls'],
  timeouts: Readonly<Record<keyof typeof TIMEOUTS, number>> = TIMEOUTS,
): FastifyServerFactory {
  if (tls === null) return (handler) => http.createServer(timeouts, handler);
  const cert = readFileSync(tls.certPath);
  const key = readFileSync(tls.keyPath);
  return (handler) =>
    https.createServer({ ...timeouts, cert, key, minVersion: 'TLSv1.2' }, handler);
}

/** Answers what isn't HTTP, is too large in its headers or came too slowly, and hangs up. */
export function refuseConnection(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const isSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const refusal = new AppError(isSlow ? 'request-timeout' : 'malformed-request');
  const body = JSON.stringify(problemOf(refusal));
  socket.end(
    `HTTP/1.1 ${refusal.status} ${http.STATUS_CODES[refusal.status]}\r\n` +
      'content-type: application/problem+json\r\nconnection: close\r\n' +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
