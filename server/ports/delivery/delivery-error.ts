/** Why a provider did not take a message. Holds no credential, code or message text. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
  /**
   * Where it stopped: `dns`, `connect`, `tls`, `auth`, `sender`, `recipient`, `quota`, `timeout`, `provider`,
   * `render`, `app`.
   */
  readonly step: string;
  readonly provider: string;
  readonly status: number | undefined;
  /** Whether trying again can help. */
  readonly retryable: boolean;
  constructor(input: {
    step: string;
    provider: string;
    status?: number;
    retryable: boolean;
    message?: string;
  }) {
    super(input.message ?? `${input.provider}: ${input.step}`);
    this.step = input.step;
    this.provider = input.provider;
    this.status = input.status;
    this.retryable = input.retryable;
  }
}
