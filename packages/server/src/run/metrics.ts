import type { Server, Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface RequestSample {
  readonly method: string;
  /** The route's pattern, `/files/:id`, never the address: labels must stay few. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface Metrics {
  observeRequest(sample: RequestSample): void;
  /** Counts the bytes of every connection of the API's listener, headers and TLS included. */
  watchTraffic(server: Server): void;
  /** In Prometheus's text format. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface MetricsOptions {
  /** Asked at each render; a gauge whose count fails is left out, for the others still matter. */
  readonly pendingUploads: () => Promise<number>;
}

export function createMetrics({ pendingUploads }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'valise_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  new Gauge({
    name: 'valise_uploads_pending',
    help: 'Uploads that are neither complete nor cancelled, of everyone, on all servers.',
    registers,
    async collect() {
      this.reset();
      await pendingUploads().then(
        (count) => this.set(count),
        () => this.remove(),
      );
    },
  });
  const traffic = createTraffic(registry);
  return {
    observeRequest: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    watchTraffic: traffic.watch,
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

/** "The API touches no file byte", for everyone to check. */
function createTraffic(registry: Registry) {
  const open = new Set<Socket>();
  const closed = { in: 0, out: 0 };
  new Gauge({
    name: 'valise_api_connections',
    help: 'Open connections to the API.',
    registers: [registry],
    collect() {
      this.set(open.size);
    },
  });
  counter(registry, 'in', 'Bytes that the API has received.', () => {
    let total = closed.in;
    for (const socket of open) total += socket.bytesRead;
    return total;
  });
  counter(registry, 'out', 'Bytes that the API has sent.', () => {
    let total = closed.out;
    for (const socket of open) total += socket.bytesWritten;
    return total;
  });
  return {
    watch(server: Server): void {
      // A TLS connection's raw socket counts nothing: its bytes pass below it.
      server.on(
        server instanceof TlsServer ? 'secureConnection' : 'connection',
        (socket: Socket) => {
          open.add(socket);
          socket.once('close', () => {
            open.delete(socket);
            closed.in += socket.bytesRead;
            closed.out += socket.bytesWritten;
          });
        },
      );
    },
  };
}

function counter(registry: Registry, way: 'in' | 'out', help: string, read: () => number): void {
  let before = 0;
  new Counter({
    name: `valise_api_bytes_${way}_total`,
    help,
    registers: [registry],
    collect() {
      const now = read();
      this.inc(now - before);
      before = now;
    },
  });
}
