import { HostError } from '../model/errors.ts';

/**
 * Lets one piece of long work run in this process; a second one meanwhile is refused with
 * `service_unavailable`.
 */
export class OneAtATime {
  #busy = false;

  /** Takes the turn; call the answer when the work is over. */
  begin(): () => void {
    if (this.#busy) throw new HostError('service_unavailable', { retryAfterSeconds: 10 });
    this.#busy = true;
    return () => {
      this.#busy = false;
    };
  }
}
