/** What rounds are told. */

export interface Context {
  /** Whether there is time for more. */
  goesOn(): boolean;
  /** Milliseconds that the round may take, as it likes; undefined when it decides by itself. */
  readonly share: number | undefined;
  /** Of all that is left to chance. */
  readonly seed: number;
}

/** A kind of round: runs one and gives how often something went wrong. */
export type Round = (context: Context) => Promise<number>;
