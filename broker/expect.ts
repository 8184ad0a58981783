/**
 * How invariants are written.
 *
 * @module
 */

/** @throws {Error} when something does not hold that must */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(`an invariant of the broker is broken: ${otherwise}`);
}
