/** The part of autocannon that the load generator uses; the package has no types of its own. */
declare module 'autocannon' {
  export interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    body?: string;
    setupRequest?: (request: Request) => Request;
  }
  export interface Client {
    setRequests(requests: Request[]): void;
  }
  export interface Result {
    /** Seconds. */
    duration: number;
    latency: { p50: number; p99: number };
    '2xx': number;
    non2xx: number;
    errors: number;
    timeouts: number;
  }
  export default function autocannon(options: {
    url: string;
    connections: number;
    duration: number;
    /** Between two samples, ms. */
    sampleInt?: number;
    setupClient(client: Client): void;
  }): Promise<Result>;
}
