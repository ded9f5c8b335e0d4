import { requestContext } from '../../server/log/request-context.ts';

/** Runs domain code as part of a request from this address, with this `access-token` header. */
export function from<T>(address: string, work: () => Promise<T>, accessToken?: string): Promise<T> {
  const context = {
    requestId: 'test',
    route: '',
    appId: undefined,
    address,
    accessToken,
    operator: undefined,
    client: 'other' as const,
    gone: false,
  };
  return requestContext.run(context, work);
}

/** IPv4 addresses that share no /24. */
export function stranger(n: number): string {
  return `203.${Math.floor(n / 250)}.${n % 250}.9`;
}
