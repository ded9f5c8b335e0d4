/** What the line of an answered request says. */
export interface RequestLine {
  requestId: string;
  method: string;
  route: string;
  status: number;
  /** Until the answer was handed to the system, milliseconds. */
  ms: number;
  appId: string | undefined;
  /** Of a refusal: what its body says. */
  code?: number | undefined;
  reason?: string | undefined;
}
