/**
 * What a worker's reactor is told at its beginning, and what it asks of its shell.
 *
 * @module
 */

import type { ProcessFacts, TallyKeeper } from "../telemetry/tally_keeper.ts";
import type { FunctionHandle } from "../futures/function_handle.ts";
import type { FunctionRef } from "../futures/function_ref.ts";
import type { Message } from "../wire/messages.ts";
import type { ConnectionOptions } from "./connection_options.ts";

/** What only the shell knows of its process. */
export type MachineFacts = Omit<ProcessFacts, "queued">;

/** What a reactor is told at its beginning. */
export interface ReactorOptions {
  readonly connection: ConnectionOptions;
  readonly workerName: string;
  readonly isOrigin: boolean;
  /** True for a process that owns workers and executes nothing itself. */
  readonly isOwner: boolean;
  /** Workers planned. */
  readonly size: number;
  /** Counts what is done here. */
  readonly keeper: TallyKeeper;
  /** How the process stands, for who wants to know. */
  facts(): MachineFacts;
  /** How many turns hold the processor. */
  active(): number;
  /** The handle of a function that arrived by its address. */
  handleOf(ref: FunctionRef): FunctionHandle;
  /** Whether scattered values are in this process. */
  areHere(names: readonly string[]): boolean;
  /** Tasks leave that need a scattered value: whoever gets them will ask the broker for it. */
  provide?(name: string): void;
  /** What another broker has to be told of constants, in this order, and what it is asked. */
  again?(): Iterable<Message>;
  /** Something has changed: the reactor's `flush` wants to be called soon. */
  stir(): void;
}
