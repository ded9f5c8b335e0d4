/** Why a step of a delivery did not hold; the domain has a repair for each. */
export type StepCause =
  | 'absent'
  | 'silent'
  | 'refused'
  | 'unreachable'
  | 'turned_away'
  | 'no_tls'
  | 'certificate_name'
  | 'certificate_chain'
  | 'certificate_expired'
  | 'no_method'
  | 'no_right'
  | 'quota'
  | 'broken';

/** Steps of handing a message over, in their order. */
export type DeliveryStep = 'dns' | 'tcp' | 'tls' | 'auth' | 'sender' | 'recipient' | 'accepted';

/** A step that was done. `seen`: a fact for the operator, without any secret. */
export interface TakenStep<Step = DeliveryStep> {
  step: Step;
  ok: boolean | 'unknown';
  ms: number;
  seen: string;
  /** With `ok: false`. */
  cause?: StepCause;
}
