/**
 * The messages that brokers and workers exchange, one type each; `wire/messages.ts` tells how they
 * are written and read.
 *
 * @module
 */

import type { Encoded } from "./codec.ts";

/** Where a function is found, as `futures/function_ref.ts` describes it; opaque to the broker. */
export type FunctionAddress = Readonly<Record<string, string>>;

/**
 * One or more calls of the same function that travel and are dispatched together: the tasks
 * `base` … `base + count - 1` of a bundle.
 */
export interface BundleHeader {
  /** The worker that waits for the results. */
  owner: string;
  /** The owner's number for the bundle. */
  id: number;
  /** Index, within the owner's bundle, of the first task in this part. */
  base: number;
  /** Number of tasks in this part, at least 1. */
  count: number;
  /** Where the function is found. */
  fn: FunctionAddress;
  /** The function's name for people. */
  label: string;
  /** How many times this part was lost together with a worker. */
  attempt: number;
  /** How many times it may be run again after a loss. */
  retries: number;
  /** Higher goes first; 0 is the default. */
  priority: number;
  /** Milliseconds one task may run, 0 for no limit. */
  timeout: number;
  /** Expected milliseconds for one task, 0 when nothing is known. */
  estimate: number;
  /** Names of the scattered values among the arguments. */
  needs: string[];
  /**
   * What spawned it and when, for those who show the run, as `worker:block@milliseconds` (see
   * `wire/tally.ts`); mostly empty.
   */
  parent: string;
}

/** The outcomes of the tasks `base` … `base + count - 1` of a bundle. */
export interface ResultHeader {
  owner: string;
  id: number;
  base: number;
  count: number;
  /** Milliseconds the tasks took, together; 0 when nothing was measured. */
  elapsed: number;
  /** Indices (from 0 within this part) whose payload element is an error instead of a value. */
  failed: number[];
}

/**
 * What both ends of a connection tell of their session when it begins, and when it is taken up
 * again after the connection broke: see `wire/session.ts`.
 */
interface Resumable {
  /** Names the session: the same as long as the sender remembers what it sent. */
  session: string;
  /** How many numbered messages of the other side it has taken in. */
  received: number;
}

/** A worker introduces itself, or comes back after its connection broke. */
export interface Hello extends Resumable {
  type: "hello";
  protocol: number;
  name: string;
  origin: boolean;
  /** The run's secret, empty when the run has none. */
  key: string;
  pid: number;
  host: string;
}
/** A broker introduces itself to another, whose tasks it would take, or comes back. */
export interface Peer extends Resumable {
  type: "peer";
  protocol: number;
  name: string;
  key: string;
}
/** The broker takes a worker in, or takes it back. */
export interface Welcome {
  type: "welcome";
  broker: string;
  /** Names the broker's memory: one that has begun anew has another. */
  instance: string;
  /** How many numbered messages of the other side the broker has taken in. */
  received: number;
  /** Workers in the run, the origin among them, as far as the broker knows. */
  size: number;
  /** Bundles that other workers would take at once. */
  demand: number;
  /** URL of the program's main module, empty when the broker was not told. */
  program: string;
  /** URLs of the other local modules of the program. */
  modules: string[];
  /** How often it is to tell what it has done, in milliseconds. */
  tallyMs: number;
  /** Whether it is to tell of each stretch of work. */
  watched: boolean;
}
/** The broker takes another broker in, or takes it back. */
export interface PeerWelcome {
  type: "peerWelcome";
  /** How many numbered messages of the other side the broker has taken in. */
  received: number;
}
/** The broker does not take a worker in. */
export interface Refuse {
  type: "refuse";
  reason: string;
  /** As in {@link Welcome}. */
  instance: string;
  /** The session that said hello; empty where something was said out of any. */
  session: string;
}
/** What answers a session's hello where the last broker of the run was. */
export interface NoneLeft extends Pick<Refuse, "session"> {
  type: "noneLeft";
}
/**
 * A worker says how many bundles it would take. The number counts from its hello, so that it means
 * the same whatever is under way in the other direction.
 */
export interface Credit {
  type: "credit";
  bundles: number;
  /**
   * How many more it would take in advance, since the broker is far, as long as there is plenty:
   * nobody else is to wait for these.
   */
  ahead: number;
  /**
   * True when the worker has nothing to do until something comes: no task holds its processor (what
   * it has begun waits for others), and nothing waits there.
   */
  idle: boolean;
}
/** A bundle on its way to a broker, or to the worker that will run it. */
export interface BundleMessage {
  type: "bundle";
  bundle: BundleHeader;
  payload: Encoded;
}
/** A bundle whose broker was lost: somebody may have some of it, and will say so. */
export interface Moved {
  type: "moved";
  bundle: MovedHeader;
  payload: Encoded;
}
/** What an owner knows of a bundle whose broker was lost. */
export interface MovedHeader extends BundleHeader {
  /** Indices, within the owner's bundle, of tasks that are known to have begun. */
  begun: number[];
}
/** A worker has a part of a bundle, which the broker that it had it from would know. */
export interface Hold {
  type: "hold";
  owner: string;
  id: number;
  base: number;
  count: number;
}
/** Outcomes on their way to the owner. */
export interface ResultMessage {
  type: "result";
  result: ResultHeader;
  payload: Encoded;
}
/** Tasks have begun that take long, or may not take longer than their timeout. */
export interface Started {
  type: "started";
  owner: string;
  id: number;
  /** The first one's index within the owner's bundle. */
  base: number;
  count: number;
}
/**
 * A worker begins a task of its own that has a timeout, of which the broker knows nothing else; or
 * it has come back from it, and `timeout` is 0.
 */
export interface Busy {
  type: "busy";
  label: string;
  /** Milliseconds. */
  timeout: number;
}
/** A worker or broker does not get to a part of a bundle, and gives it back as it was. */
export interface GiveBack {
  type: "giveBack";
  owner: string;
  id: number;
  base: number;
  count: number;
}
/** The owner does not want a part of a bundle any more. */
export interface Cancel {
  type: "cancel";
  owner: string;
  id: number;
  /** Index within the owner's bundle, or -1 for all of it. */
  index: number;
}
/**
 * From a broker: a bundle is not the matter any more of who has it. Its owner is gone, or others have
 * it; so no word of it is to come, since none could be told from the outcomes of others.
 */
export interface Forget {
  type: "forget";
  owner: string;
  id: number;
}
/** The same, and what has begun of it is to end: a worker that does not see to it is replaced. */
export interface Stop {
  type: "stop";
  owner: string;
  id: number;
  /** Index within the owner's bundle, or -1 for all of it. */
  index: number;
  /** Milliseconds a task has to end. */
  grace: number;
}
/**
 * A worker wants to be replaced, and has nothing begun that would be lost. From a broker: no more
 * tasks are begun in this run.
 */
export interface Retire {
  type: "retire";
  reason: string;
}
/** A task ended its process where the process itself must live on (the origin). */
export interface Lost {
  type: "lost";
  owner: string;
  id: number;
  /** Index within the owner's bundle. */
  index: number;
  reason: string;
}
/** A shared constant is set, or on its way to a worker that asked for it. */
export interface Constant {
  type: "constant";
  name: string;
  payload: Encoded;
}
/** A shared constant, or a scattered value, that the broker may not have: it was set before. */
export interface Restored {
  type: "restored";
  name: string;
  payload: Encoded;
}
/** Shared constants are to be set, all or none; the elements of the payload are their values. */
export interface SetConstants {
  type: "setConstants";
  names: string[];
  /** How many frames of the payload belong to each. */
  frames: number[];
  payload: Encoded;
}
/** Constants were set, and this is one of them; or this name was taken already, and none is set. */
export interface ConstantSet {
  type: "constantSet";
  name: string;
  taken: boolean;
}
/** There is no constant of a name, and there will be none. */
export interface NoConstant {
  type: "noConstant";
  name: string;
}
/** A constant is not needed any more. */
export interface DropConstant {
  type: "dropConstant";
  name: string;
}
/** A worker asks for a shared constant; the answer comes when there is one. */
export interface GetConstant {
  type: "getConstant";
  name: string;
}
/** The run is over. */
export interface Shutdown {
  type: "shutdown";
  reason: string;
}
/** A worker, or the origin, leaves in good order. */
export interface Goodbye {
  type: "goodbye";
}
/**
 * Where a session stands, sent now and then: a sign of life, leave to forget what was received, and
 * notice of what was lost on the way.
 */
export interface Sync {
  type: "sync";
  /** How many numbered messages of the other side the sender has taken in. */
  received: number;
  /** How many it has sent. */
  sent: number;
}
/** A worker tells what it has done since it told last: a `Tally`. */
export interface TallyMessage {
  type: "tally";
  /** An array of one. */
  payload: Encoded;
}
/** A worker asks how the run stands. */
export interface AskStats {
  type: "askStats";
}
/** The broker answers that: the run's numbers, as `telemetry/stats.ts` has them. */
export interface StatsMessage {
  type: "stats";
  /** An array of one. */
  payload: Encoded;
}
/** A worker asks how far the broker is. */
export interface Probe {
  type: "probe";
  number: number;
}
/** The broker answers that at once, with its number. */
export interface Echo {
  type: "echo";
  number: number;
}
/**
 * How much work there is, and how many workers share it (on the meta socket). Workers look at
 * `demand`, `idle`, `size` and `far`, other brokers at the rest.
 */
export interface Load {
  type: "load";
  broker: string;
  /** Bundles queued in the broker that another may have. */
  queued: number;
  /** Bundles that workers would take at once, those of other brokers among them. */
  demand: number;
  /** Workers in the run. */
  size: number;
  /** Bundles that the broker's own workers would take at once. */
  free: number;
  /** Workers that have nothing to do, those of other brokers among them. */
  idle: number;
  /** The broker's own among these. */
  idleHere: number;
  /** Workers of this broker. */
  workers: number;
  /** Workers that what is given away reaches late, those of other brokers among them. */
  far: number;
  /** Whether the origin is one of them. */
  home: boolean;
}

/** Everything that may be said. */
export type Message =
  | Hello
  | Peer
  | Welcome
  | PeerWelcome
  | Refuse
  | NoneLeft
  | Credit
  | BundleMessage
  | Moved
  | Hold
  | ResultMessage
  | Started
  | Busy
  | GiveBack
  | Cancel
  | Forget
  | Stop
  | Retire
  | Lost
  | Constant
  | Restored
  | SetConstants
  | ConstantSet
  | NoConstant
  | DropConstant
  | GetConstant
  | Shutdown
  | Goodbye
  | Sync
  | TallyMessage
  | AskStats
  | StatsMessage
  | Probe
  | Echo
  | Load;
