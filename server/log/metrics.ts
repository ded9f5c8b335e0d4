import type { Metrics } from '../ports/log/metrics.ts';

// See `http/listener.ts` for what an import would load.
const { createServer } = process.getBuiltinModule('node:http');

export interface MetricsPort {
  readonly metrics: Metrics;
  /** Opens the port (0: a free one) with `/metrics` as Prometheus text. */
  listen(port: number, host: string): Promise<{ port: number; stop(): Promise<void> }>;
}

/**
 * Process and HTTP metrics, length of the hash queue, messages and log-ins by outcome (operator §4). Loads
 * its library only when called.
 */
export async function createMetrics(hashesWaiting: () => number): Promise<MetricsPort> {
  const { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const logins = new Counter({
    name: 'auth_logins_total',
    help: 'Log-ins by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const messages = new Counter({
    name: 'auth_messages_total',
    help: 'Messages by channel and outcome',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests by route pattern, method and status',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  new Gauge({
    name: 'auth_password_hash_queue_length',
    help: 'Password hashes waiting for a core',
    registers,
    collect() {
      this.set(hashesWaiting());
    },
  });
  return {
    metrics: {
      login: (outcome) => logins.inc({ outcome }),
      message: (channel, outcome) => messages.inc({ channel, outcome }),
      request: (route, method, status, seconds) => requests.observe({ route, method, status }, seconds),
    },
    async listen(port, host) {
      const server = createServer((request, response) => {
        response.setHeader('X-Content-Type-Options', 'nosniff');
        if (request.url !== '/metrics' || request.method !== 'GET') {
          response.writeHead(404, { 'Content-Type': 'application/json; charset=utf-8' });
          response.end('{"status":"Fails","message":"not found"}');
          return;
        }
        registry.metrics().then(
          (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
          () => response.writeHead(500).end(),
        );
      });
      server.listen(port, host);
      await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
      const address = server.address();
      return {
        port: typeof address === 'object' && address ? address.port : port,
        async stop() {
          server.close();
          server.closeAllConnections();
        },
      };
    },
  };
}
