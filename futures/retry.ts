/**
 * Trying again: after a worker was lost, and after a task threw.
 *
 * @module
 */

import {
  BrokerLostError,
  CancelledError,
  ProtocolError,
  SerializationError,
  UnknownFunctionError,
  WorkerLostError,
} from "../wire/errors.ts";
import { currentTurn, runInTurn } from "./turn.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/** How often a task is tried again, and when; see {@link SpawnOptions}. */
export interface Retries {
  /** How many times after its worker was lost. Default: 2. */
  lost?: number;
  /** How many times after it threw, or ran longer than its timeout. Default: 0. */
  thrown?: number;
  /**
   * Whether to try again after this error. Called in the process in which the task was spawned, with
   * the number of attempts that have failed, 1 or more. Default: always.
   */
  when?: (error: unknown, attempt: number) => boolean;
  /** Milliseconds before the first of these attempts. Default: 100. */
  delay?: number;
  /** By which the delay grows with each attempt. Default: 2. */
  factor?: number;
}

/** What of {@link Retries} concerns tasks that throw, with the defaults filled in. */
export type ThrownRetries = Readonly<Required<Omit<Retries, "lost">>>;

/** Errors that no task has thrown: another attempt would fare no better, or has been made. */
const NOT_THROWN = [
  BrokerLostError,
  CancelledError,
  ProtocolError,
  SerializationError,
  UnknownFunctionError,
  WorkerLostError,
];

/** The attempts of one task that threw. */
export class Attempts {
  /** How many have failed. */
  failed = 0;

  /** @param index of the task's input, for one of a `map` */
  constructor(readonly retries: ThrownRetries, readonly index?: number) {}

  /**
   * An attempt has failed.
   *
   * @returns the milliseconds before the next, or undefined when there is to be none.
   * @throws what `when` throws.
   */
  next(error: unknown): number | undefined {
    if (NOT_THROWN.some((one) => error instanceof one)) return undefined;
    const { thrown, when, delay, factor } = this.retries;
    this.failed++;
    if (this.failed > thrown || !when(error, this.failed)) return undefined;
    return delay * factor ** (this.failed - 1);
  }
}

/**
 * Checks what a user gave.
 *
 * @throws {TypeError} naming what is wrong.
 */
export function checkRetries(retries: unknown): void {
  if (retries === undefined) return;
  if (typeof retries === "number") return checkCount("retries", retries);
  if (typeof retries !== "object" || retries === null) {
    throw wrongArgument(`retries must be an integer from 0, or an object, got ${retries}`);
  }
  const { lost, thrown, when, delay, factor, ...others } = retries as Retries;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw wrongArgument(
      `retries has no "${unknown}"; there are lost, thrown, when, delay, factor`,
    );
  }
  checkCount("retries.lost", lost);
  checkCount("retries.thrown", thrown);
  if (when !== undefined && typeof when !== "function") {
    throw wrongArgument(`retries.when must be a function, got ${typeof when}`);
  }
  checkNumber("retries.delay", delay, 0, "a number of milliseconds from 0");
  checkNumber("retries.factor", factor, 1, "a number from 1");
}

function checkCount(name: string, value: unknown): void {
  if (value === undefined || (Number.isInteger(value) && (value as number) >= 0)) return;
  throw wrongArgument(`${name} must be an integer from 0, got ${value}`);
}

function checkNumber(name: string, value: unknown, least: number, wanted: string): void {
  if (value === undefined || (Number.isFinite(value) && (value as number) >= least)) return;
  throw wrongArgument(`${name} must be ${wanted}, got ${value}`);
}

/** How often to try again after a loss; undefined when nothing was said. */
export function lostRetries(retries: number | Retries | undefined): number | undefined {
  return typeof retries === "object" ? retries.lost : retries;
}

/** How to try again what threw; undefined for not at all. */
export function thrownRetries(retries: number | Retries | undefined): ThrownRetries | undefined {
  if (typeof retries !== "object" || !retries.thrown) return undefined;
  const { thrown, when: given, delay = 100, factor = 2 } = retries;
  const giver = currentTurn();
  // It is no part of the task that has failed: what it opens is the giver's.
  const when = given === undefined
    ? () => true
    : (error: unknown, attempt: number) => runInTurn(giver, () => given(error, attempt), undefined);
  return { thrown, when, delay, factor };
}
