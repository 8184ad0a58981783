/**
 * Which of the names that a list has are one host, and which are this one. Names that are
 * different may be: short and long, an alias, an address. Names that look alike may be two hosts:
 * in two domains.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { userInfo } from "node:os";
import { LIMITS } from "../wire/limits.ts";
import { isHere, partsOf, plainAddress } from "./hosts.ts";
import type { Host, OwnNames } from "./hosts.ts";
import { killGroup, within } from "./process.ts";

/** What is known of a host without asking it. */
export interface Identity {
  /** How it is reached, beside its name: hosts that differ in this are not taken for one. */
  readonly way: string;
  /** Its name or address where it is, which a way's configuration may have changed. */
  readonly name: string;
  /** Its addresses; empty if nobody knows them. */
  readonly addresses: readonly string[];
}

/** Finds out what is known of a host. */
export type Identify = (host: string) => Promise<Identity>;

/** Hosts, each of them once, and which are this one. */
export interface ToldApart {
  readonly hosts: readonly Host[];
  isHere(host: string): boolean;
}

/**
 * Tells hosts apart.
 *
 * @param hosts as they were named; of those that are one the first name counts
 */
export async function tellApart(
  hosts: readonly Host[],
  own: OwnNames,
  identify: Identify,
): Promise<ToldApart> {
  const named = hosts.filter(({ host }) => !isHere(host, own));
  const identities = new Map(
    await Promise.all(named.map(async ({ host }) => [host, await identify(host)] as const)),
  );
  const long = [...identities.values()].map(({ name }) => name).filter((name) =>
    name.includes(".")
  );
  const here = new Set(
    hosts.map(({ host }) => host).filter((host) => {
      const identity = identities.get(host);
      if (identity === undefined) return true;
      // Who is named with a user or a port is wanted through ssh.
      const { user, port } = partsOf(host) ?? {};
      return user === undefined && port === undefined && isOwn(identity, own, long);
    }),
  );
  const merged: Host[] = [];
  for (const host of hosts) {
    const identity = identities.get(host.host);
    const at = merged.findIndex((one) => {
      if (here.has(one.host) || here.has(host.host)) {
        return here.has(one.host) && here.has(host.host);
      }
      return areOne(identities.get(one.host)!, identity!, long);
    });
    if (at < 0) merged.push(host);
    // Who is named twice counts twice.
    else merged[at] = { host: merged[at]!.host, slots: slots(merged[at]!) + slots(host) };
  }
  return { hosts: merged, isHere: (host) => here.has(host) || isHere(host, own) };
}

function slots({ slots }: Host): number {
  return slots ?? 1;
}

/** A way that leads to the host itself, at the port of ssh, as this process's user. */
const PLAIN = "";

/** @param long the long names in the list, one of which this host's short name may stand for */
function isOwn(
  { way, name, addresses }: Identity,
  own: OwnNames,
  long: readonly string[],
): boolean {
  if (way !== PLAIN) return false;
  if (isHere(name, own) || addresses.some((address) => isHere(address, own))) return true;
  // What it is called in full is not known to every host.
  return addresses.length === 0 && !own.hostname.includes(".") &&
    sameName(name, own.hostname) && countOf(long, [own.hostname]) < 2;
}

/** @param long the long names in the list, one of which a short name may stand for */
function areOne(a: Identity, b: Identity, long: readonly string[]): boolean {
  if (a.way !== b.way) return false;
  if (plain(a.name) === plain(b.name)) return true;
  if (a.addresses.length > 0 && b.addresses.length > 0) {
    const [few, many] = [a.addresses, b.addresses].sort((x, y) => x.length - y.length);
    // One in common may be that of a service they share.
    return few!.every((address) => many!.includes(address));
  }
  return sameName(a.name, b.name) && countOf(long, [a.name, b.name]) < 2;
}

/** How many different long names may mean the same as one of these. */
function countOf(long: readonly string[], names: readonly string[]): number {
  const meant = long.filter((one) => names.some((name) => sameName(one, name)));
  return new Set(meant.map(plain)).size;
}

function plain(name: string): string {
  return plainAddress(name).replace(/\.$/, "");
}

/** Whether two names are the same, or one is the other without its domain. */
function sameName(a: string, b: string): boolean {
  const [one, other] = [plain(a), plain(b)];
  if (one === other) return true;
  if (isAddress(one) || isAddress(other)) return false;
  if (one.includes(".") === other.includes(".")) return false;
  return one.split(".")[0] === other.split(".")[0];
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^\d+(\.\d+){3}$/.test(name);
}

/** What the system knows of a name. */
export async function identifyByName(host: string): Promise<Identity> {
  const { name, user, port } = partsOf(host) ?? { name: host };
  const way = [user && `user ${user}`, port && `port ${port}`].filter(Boolean).join(", ");
  return { way, name, addresses: await addressesOf(name) };
}

/** What ssh's configuration makes of a name, and the system of that. */
export function identifyBySsh(executable: string): Identify {
  const user = ownUser();
  return async (host) => {
    const { name, user: named, port } = partsOf(host) ?? { name: host };
    const config = await configOf(executable, [
      ...(port === undefined ? [] : ["-o", `Port=${port}`]),
      named === undefined ? name : `${named}@${name}`,
    ]);
    if (config === undefined) return await identifyByName(host);
    const other = {
      user: config.get("user") === user ? undefined : config.get("user"),
      port: config.get("port") === "22" ? undefined : config.get("port"),
      alias: config.get("hostkeyalias"),
      jump: config.get("proxyjump"),
      command: config.get("proxycommand"),
    };
    const way = Object.entries(other).filter(([, value]) => value !== undefined && value !== "none")
      .map((entry) => entry.join(" ")).join(", ");
    const there = config.get("hostname") ?? name;
    // Behind another host a name may mean something else.
    const known = other.jump === undefined && other.command === undefined;
    return { way, name: there, addresses: known ? await addressesOf(there) : [] };
  };
}

function ownUser(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

/** The configuration that `ssh -G` tells of a host; undefined for an ssh that does not know it. */
async function configOf(
  executable: string,
  host: readonly string[],
): Promise<Map<string, string> | undefined> {
  try {
    const child = new Deno.Command(executable, {
      args: ["-G", ...host],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      detached: Deno.build.os !== "windows",
    }).spawn();
    const output = child.output();
    // Whatever it has started may hold its output, or go on.
    const inTime = await within(output, LIMITS.nameMs);
    killGroup(child.pid, "SIGKILL", !inTime);
    if (!inTime) {
      child.unref();
      output.catch(() => {});
      return undefined;
    }
    const { code, stdout } = await output;
    const lines = new TextDecoder().decode(stdout).split("\n");
    const config = new Map(
      lines.map((line) => [line.split(" ")[0]!, line.slice(line.indexOf(" ") + 1)]),
    );
    return code === 0 && config.has("hostname") ? config : undefined;
  } catch {
    return undefined;
  }
}

/** Those of a name; none of this host's own loops unless they are what it means. */
async function addressesOf(name: string): Promise<string[]> {
  if (isAddress(name)) return [plainAddress(name)];
  const found: string[] = [];
  const asked = lookup(name, { all: true }).then((all) => {
    found.push(...all.map(({ address }) => plainAddress(address)));
  }).catch(() => {});
  await within(asked, LIMITS.nameMs);
  return found;
}
