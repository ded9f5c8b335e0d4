/** An answer that is an error page. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: 401 | 403 | 404 | 422 | 429 | 500 | 503;
  /** Name of a text that says more. */
  readonly hint: string | undefined;
  readonly values: Readonly<Record<string, string>>;
  constructor(status: Refusal['status'], hint?: string, values: Readonly<Record<string, string>> = {}) {
    super(hint ?? String(status));
    this.status = status;
    this.hint = hint;
    this.values = values;
  }
}
