/**
 * What a worker's reactor is told, and what it has its shell do.
 *
 * @module
 */

import type { LocalWork, Source } from "../futures/work.ts";
import type { Encoded } from "../wire/codec.ts";
import type { Constant, ConstantSet, DropConstant, Message } from "../wire/messages.ts";
import type { NoConstant, Numbered, Welcome } from "../wire/messages.ts";
import type { Arrived } from "./away.ts";
import type { ReceivedWork } from "./received_work.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** What may happen to a worker. */
export type WorkerEvent =
  /** Its sockets are there, and it knows where its broker is and the run's secret; or never will. */
  | { readonly kind: "opened"; readonly address: string; readonly key: string }
  | { readonly kind: "failed"; readonly error: Error }
  /** Its connection to the broker has broken. */
  | { readonly kind: "broke" }
  | { readonly kind: "message"; readonly numbered: Numbered }
  /** Functions can be looked up from now on. */
  | { readonly kind: "prepared" }
  /** A bundle's function and the scattered values that it needs are there, or will not be. */
  | { readonly kind: "fetched"; readonly work: ReceivedWork; readonly fn: AnyFunction }
  | { readonly kind: "unfetched"; readonly work: ReceivedWork; readonly error: unknown }
  /** Whoever holds the processor has done nothing with it for a while. */
  | { readonly kind: "stalled" }
  /** Time has passed. */
  | { readonly kind: "tick" }
  /**
   * What was spawned here is not wanted any more: nothing of it begins, and whoever waits is given
   * the error. What is with others is asked for, or left where it is.
   */
  | { readonly kind: "withdraw"; readonly error: Error; readonly ask: boolean }
  /** It is to leave the run; whoever waits for something is given the error. */
  | { readonly kind: "leave"; readonly error: Error | undefined };

/** What is said of shared constants and scattered values. */
export type ConstantNews = Constant | ConstantSet | NoConstant | DropConstant;

const CONSTANT_NEWS = new Set<Message["type"]>([
  "constant",
  "constantSet",
  "noConstant",
  "dropConstant",
]);

/** Whether a message says something of shared constants. */
export function isConstantNews(message: Message): message is ConstantNews {
  return CONSTANT_NEWS.has(message.type);
}

/** What the shell has to do. */
export type WorkerAction =
  | { readonly kind: "send"; readonly message: Message; readonly number: number }
  /** Hands outcomes to those who wait for them. */
  | { readonly kind: "arrived"; readonly arrived: Arrived }
  /** The same for a task of which nothing will come any more. */
  | {
    readonly kind: "abandon";
    readonly work: LocalWork;
    readonly index: number;
    readonly error: Error;
  }
  /** The same for what stood in the queue. */
  | { readonly kind: "refuse"; readonly source: Source; readonly error: Error }
  /** A task of ours runs elsewhere. */
  | { readonly kind: "started"; readonly work: LocalWork; readonly index: number }
  /** Looks a bundle's function up, and loads the scattered values that it needs. */
  | { readonly kind: "fetch"; readonly work: ReceivedWork }
  | { readonly kind: "constants"; readonly message: ConstantNews }
  /** The link to the broker is of no use any more: one to the next is to be opened. */
  | { readonly kind: "move" }
  /** How the run stands, as was asked. */
  | { readonly kind: "stats"; readonly payload: Encoded }
  /** Waits until functions can be looked up. */
  | { readonly kind: "prepare"; readonly welcome: Welcome }
  /** Whether the connection keeps the process alive, and is listened to with full attention. */
  | { readonly kind: "hold"; readonly hold: boolean }
  /** Tells a person something. */
  | { readonly kind: "report"; readonly text: string }
  /** There may be something to execute. */
  | { readonly kind: "wake" }
  /** The run is over, in good order. */
  | { readonly kind: "over"; readonly reason: string }
  /** Nothing comes from the broker any more. */
  | { readonly kind: "lost"; readonly error: Error };
