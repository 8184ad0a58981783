/**
 * The keys of a run: who has them may take part, and nobody else can read what is sent.
 *
 * Every run makes its own. The brokers of a run share one pair, its workers another (CURVE, see
 * https://rfc.zeromq.org/spec/26/). They travel in environment variables only, never in arguments,
 * and printing them shows nothing.
 *
 * @module
 */

import { isLoopback } from "./addresses.ts";

/** A pair of CURVE keys, 40 characters of Z85 each. */
export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** What a worker needs to connect to the brokers of its run. */
export class WorkerKeys {
  readonly #pair: KeyPair;

  /** @param serverKey the brokers' public key */
  constructor(readonly serverKey: string, pair: KeyPair) {
    this.#pair = pair;
  }

  /** As sockets that connect take them. */
  get curve(): { serverKey: string; publicKey: string; secretKey: string } {
    return { serverKey: this.serverKey, ...this.#pair };
  }

  /** As the environment variable SCOOP_KEYS has them. */
  encode(): string {
    return [this.serverKey, this.#pair.publicKey, this.#pair.secretKey].join(SEPARATOR);
  }

  /** Keeps the secret out of logs. */
  toJSON(): string {
    return HIDDEN;
  }

  /** The same for `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return HIDDEN;
  }
}

/** All keys of a run, as a broker needs them. */
export class RunKeys {
  readonly #brokers: KeyPair;
  readonly #workers: KeyPair;

  constructor(brokers: KeyPair, workers: KeyPair) {
    this.#brokers = brokers;
    this.#workers = workers;
  }

  /** The part for workers, and for brokers that connect to others. */
  get worker(): WorkerKeys {
    return new WorkerKeys(this.#brokers.publicKey, this.#workers);
  }

  /** As sockets that listen take them. */
  get curve(): KeyPair {
    return this.#brokers;
  }

  /** Whether a peer's public key is that of this run's workers. */
  admits(publicKey: string): boolean {
    return publicKey === this.#workers.publicKey;
  }

  /** As the environment variable SCOOP_BROKER_KEYS has them. */
  encode(): string {
    const pairs = [this.#brokers, this.#workers];
    return pairs.flatMap(({ publicKey, secretKey }) => [publicKey, secretKey]).join(SEPARATOR);
  }

  /** Keeps the secrets out of logs. */
  toJSON(): string {
    return HIDDEN;
  }

  /** The same for `console.log`. */
  [Symbol.for("Deno.customInspect")](): string {
    return HIDDEN;
  }
}

/** Z85 has no blank, so that it can stand between two keys. */
const SEPARATOR = " ";
const HIDDEN = "[keys]";
const KEY = /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/;

/** Makes the keys of a new run. Loads zeromq. */
export async function makeRunKeys(): Promise<RunKeys> {
  const { curveKeyPair, loadSockets } = await import("./socket.ts");
  await loadSockets();
  return new RunKeys(curveKeyPair(), curveKeyPair());
}

/**
 * Reads SCOOP_KEYS.
 *
 * @throws {Error} when that is not what it should be; the message does not repeat it.
 */
export function readWorkerKeys(text: string): WorkerKeys {
  const [serverKey, publicKey, secretKey] = split(text, 3, "SCOOP_KEYS");
  return new WorkerKeys(serverKey!, { publicKey: publicKey!, secretKey: secretKey! });
}

/**
 * Reads SCOOP_BROKER_KEYS.
 *
 * @throws {Error} when that is not what it should be; the message does not repeat it.
 */
export function readRunKeys(text: string): RunKeys {
  const [publicKey, secretKey, workerPublic, workerSecret] = split(text, 4, "SCOOP_BROKER_KEYS");
  return new RunKeys(
    { publicKey: publicKey!, secretKey: secretKey! },
    { publicKey: workerPublic!, secretKey: workerSecret! },
  );
}

/**
 * What goes beyond this host is encrypted, or not sent at all.
 *
 * @param addresses of brokers, to listen at or to connect to
 * @param variable where keys would have come from, for the message
 * @throws {Error} when there are no keys, and one of the addresses is not of this host alone
 */
export function checkReach(
  addresses: readonly string[],
  variable: "SCOOP_KEYS" | "SCOOP_BROKER_KEYS",
  keys: WorkerKeys | RunKeys | undefined,
): void {
  const far = addresses.find((address) => !isLoopback(address));
  if (far === undefined || keys !== undefined) return;
  throw new Error(
    `${far} is not on this host alone, which needs keys: ` +
      `set ${variable} to what broker/main.ts --make-keys printed`,
  );
}

function split(text: string, count: number, variable: string): string[] {
  const keys = text.trim().split(/\s+/);
  if (keys.length === count && keys.every((key) => KEY.test(key))) return keys;
  throw new Error(
    `${variable} must be ${count} keys of 40 characters: take what broker/main.ts --make-keys printed`,
  );
}
