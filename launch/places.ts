/**
 * All places of a run: this host, and the others that can be reached.
 *
 * @module
 */

import { resolve } from "node:path";
import { readEnvFiles } from "./env_files.ts";
import { HostError, judgeProlog } from "./host_errors.ts";
import { ownNames } from "./hosts.ts";
import type { Share } from "./hosts.ts";
import { placeHere } from "./place.ts";
import type { Place } from "./place.ts";
import type { Connecting } from "./place_there.ts";
import { tryProlog } from "./prolog.ts";
import type { Reaper } from "./reaper.ts";
import type { Allocation } from "./schedulers.ts";
import type { Setup } from "./setup.ts";

/** What has been opened. */
export interface Opened {
  /** In the order of the shares. */
  readonly places: readonly Place[];
  /** The shares of the hosts that could be reached. */
  readonly shares: readonly Share[];
  /** Why the others could not. */
  readonly failures: readonly HostError[];
}

/** What other hosts need to know of this one. */
export interface Gate {
  /** A port that has to be reached from there. */
  readonly port: number;
  /** Addresses here that ssh is to forward to instead. */
  readonly forwards: readonly string[];
}

/** Connects to all hosts at once. */
export async function openPlaces(
  setup: Setup,
  allocation: Allocation,
  shares: readonly Share[],
  { port, forwards }: Gate,
  reaper: Reaper,
  tell: Pick<Connecting, "onNotice" | "onWarning">,
): Promise<Opened> {
  const connecting: Connecting = {
    transport: allocation.transport,
    forwards,
    port,
    ownNames: reachableNames(),
    reaper,
    ...tell,
    variables: shares.every(({ host }) => allocation.isHere(host))
      ? Promise.resolve({})
      : readEnvFiles(setup.deno, setup.options.denoFlags.envFiles),
    shipments: new Map(),
  };
  // Told by whoever needs it.
  connecting.variables.catch(() => {});
  // Loaded when it is needed: most runs are on this host alone.
  const { placeThere } = shares.every(({ host }) => allocation.isHere(host))
    ? {}
    : await import("./place_there.ts");
  const results = await Promise.allSettled(
    shares.map(({ host, workers }) =>
      allocation.isHere(host)
        ? openHere(setup, host, reaper, connecting)
        : placeThere!(setup, host, workers, connecting)
    ),
  );
  const places: Place[] = [];
  const reached: Share[] = [];
  const failures: HostError[] = [];
  for (const [i, result] of results.entries()) {
    if (result.status === "fulfilled") {
      places.push(result.value);
      reached.push(shares[i]!);
    } else {
      const { reason } = result;
      failures.push(
        reason instanceof HostError ? reason : new HostError(shares[i]!.host, reason.message),
      );
    }
  }
  return { places, shares: reached, failures };
}

/** This host, if the prolog is in order. */
async function openHere(
  setup: Setup,
  host: string,
  reaper: Reaper,
  connecting: Connecting,
): Promise<Place> {
  await checkProlog(setup, host, reaper, connecting);
  return placeHere(setup, host, reaper);
}

/**
 * Tries the prolog here, if there is one.
 *
 * @throws {HostError} when it fails
 */
export async function checkProlog(
  { options: { prolog } }: Setup,
  host: string,
  reaper: Reaper,
  { onWarning, onNotice }: Pick<Connecting, "onNotice" | "onWarning">,
): Promise<void> {
  if (prolog === undefined) return;
  const end = await tryProlog(resolve(prolog), "sh", reaper);
  for (const line of [...end.printed, ...end.complaints]) onNotice(host, line);
  const verdict = judgeProlog(prolog, end);
  if (verdict?.fails) throw new HostError(host, verdict.text);
  if (verdict) onWarning(host, verdict.text);
}

/** Under which names other hosts may know this one, the most likely first. */
function reachableNames(): string[] {
  const { hostname, addresses } = ownNames();
  const routable = addresses.filter((address) => !/^127\.|^::1$|^fe80:|^169\.254\./i.test(address));
  const isLong = (address: string) => address.includes(":");
  return [
    hostname,
    ...routable.filter((address) => !isLong(address)),
    ...routable.filter(isLong),
  ];
}
