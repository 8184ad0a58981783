/**
 * Which hosts a run has, and how many workers each of them gets. Nothing is reached here.
 *
 * @module
 */

import { UsageError } from "./usage_error.ts";

/** A host as the user, a file or a scheduler named it. */
export interface Host {
  /** A name, an address, or an alias of ssh's, with a user and a port where that was said. */
  readonly host: string;
  /** The workers it should have; undefined where nobody said. */
  readonly slots: number | undefined;
}

/** A host with the number of workers it runs. */
export interface Share {
  readonly host: string;
  readonly workers: number;
}

/**
 * The hosts of a list. One that is named twice counts twice.
 *
 * @param names as in "alpha", "me@beta:2222", "ssh://me@beta:2222", "192.168.1.101"
 * @throws {UsageError} when one of them cannot be a host
 */
export function hostsFromNames(names: readonly string[]): Host[] {
  const times = new Map<string, number>();
  for (const given of names) {
    const name = readName(given, "");
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return [...times].map(([host, count]) => ({ host, slots: count > 1 ? count : undefined }));
}

/**
 * The hosts of a file's text: one a line, with a number of workers where that is not 1, as in
 * "alpha 4" or "alpha slots=4". Empty lines and what follows a # do not count.
 *
 * @param file the file's name, for error messages
 * @throws {UsageError} when a line makes no sense; the message names it
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { hostsFromFile } from "./hosts.ts";
 * assert.deepEqual(hostsFromFile("alpha 4 # the fast one\nme@beta\n", "hosts.txt"), [
 *   { host: "alpha", slots: 4 },
 *   { host: "me@beta", slots: 1 },
 * ]);
 * ```
 */
export function hostsFromFile(text: string, file: string): Host[] {
  const slots = new Map<string, number>();
  for (const [i, line] of text.split("\n").entries()) {
    const [given, count = "1", ...more] = line.replace(/#.*/s, "").trim().split(/\s+/);
    if (!given) continue;
    const place = `${file}, line ${i + 1}: `;
    const host = readName(given, place);
    const number = /^(?:slots=)?(\d{1,6})$/.exec(count)?.[1];
    if (number === undefined || Number(number) < 1 || more.length > 0) {
      throw new UsageError(
        `${place}expected a host and a number of workers, not "${line.trim()}"`,
      );
    }
    slots.set(host, (slots.get(host) ?? 0) + Number(number));
  }
  if (slots.size === 0) throw new UsageError(`${file} names no host`);
  return [...slots].map(([host, slots]) => ({ host, slots }));
}

/** A host's parts. */
export interface HostParts {
  readonly user: string | undefined;
  /** A name, or an address without brackets. */
  readonly name: string;
  readonly port: number | undefined;
}

/**
 * Takes a host apart: `name`, `user@name:port`, `[2001:db8::7]:22`. An address of IPv6 needs its
 * brackets only where a port follows.
 *
 * @returns undefined when it cannot be a host
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { partsOf } from "./hosts.ts";
 * assert.deepEqual(partsOf("me@beta:2222"), { user: "me", name: "beta", port: 2222 });
 * assert.equal(partsOf("fe80::1%eth0")?.name, "fe80::1%eth0");
 * ```
 */
export function partsOf(host: string): HostParts | undefined {
  const [, user, bracketed, bare, text] =
    /^(?:([\w.+%@-]+)@)?(?:\[([\da-f:.]+(?:%[\w.-]+)?)\]|([\w.-]+|[\da-f]*:[\da-f]*:[\da-f:.]*(?:%[\w.-]+)?))(?::(\d{1,5}))?$/i
      .exec(host) ?? [];
  const name = bracketed ?? bare;
  const port = text === undefined ? undefined : Number(text);
  // What begins with a dash would be an option to ssh.
  if (name === undefined || name.startsWith("-") || user?.startsWith("-")) return undefined;
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (bracketed !== undefined && !bracketed.includes(":")) return undefined;
  return { user, name, port };
}

/** A host in the way that is used from here on. */
function readName(given: string, place: string): string {
  const host = given.replace(/^ssh:\/\/(.*?)\/?$/i, "$1");
  const parts = partsOf(host);
  if (parts === undefined) {
    const port = /:(\d+)$/.exec(host)?.[1];
    const hint = port && Number(port) > 65_535 ? `: there is no port ${port}` : "";
    throw new UsageError(`${place}"${given}" cannot be a host${hint}`);
  }
  return host;
}

/**
 * Divides the workers of a run among its hosts, in their order, neighbours together. Up to the
 * numbers that were asked for, each host is filled before the next; what goes beyond is dealt out
 * one by one. So 16 workers on 4 hosts are 4 on each, and 3 on 2 are 2 and 1.
 *
 * @param workers undefined for the sum of what the hosts should have, or, when nobody said that of
 *   any host, one for each processor of this machine and at least one for each host
 * @param processors of this machine
 * @returns only hosts with a worker
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { divide } from "./hosts.ts";
 * const hosts = [{ host: "alpha", slots: undefined }, { host: "beta", slots: undefined }];
 * assert.deepEqual(divide(hosts, 3), [
 *   { host: "alpha", workers: 2 },
 *   { host: "beta", workers: 1 },
 * ]);
 * ```
 */
export function divide(
  hosts: readonly Host[],
  workers: number | undefined,
  processors: number = navigator.hardwareConcurrency,
): Share[] {
  const slots = hosts.map((host) => host.slots ?? 1);
  const sum = slots.reduce((a, b) => a + b, 0);
  const counted = hosts.some((host) => host.slots !== undefined);
  const wanted = workers ?? (counted ? sum : Math.max(processors, sum));
  const each = Math.floor(Math.max(0, wanted - sum) / hosts.length);
  const first = Math.max(0, wanted - sum) % hosts.length;
  let left = wanted;
  const shares: Share[] = [];
  for (const [i, { host }] of hosts.entries()) {
    const share = Math.min(left, slots[i]! + each + (i < first ? 1 : 0));
    left -= share;
    if (share > 0) shares.push({ host, workers: share });
  }
  return shares;
}

/** What this machine is called. */
export interface OwnNames {
  readonly hostname: string;
  /** Its addresses on all networks. */
  readonly addresses: readonly string[];
}

/** What this machine is called, as the system says. */
export function ownNames(): OwnNames {
  return {
    hostname: Deno.hostname(),
    addresses: Deno.networkInterfaces().map(({ address }) => address),
  };
}

/** Whether a host is this machine. One that is named with a user or a port is reached through ssh. */
export function isHere(host: string, own: OwnNames): boolean {
  const name = plainAddress(host.replace(/^\[(.*)\]$/, "$1"));
  if (name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name)) return true;
  const hostname = own.hostname.toLowerCase();
  if (name === hostname || name === hostname.split(".")[0]) return true;
  return own.addresses.some((address) => plainAddress(address) === name);
}

/** A name in lower case, an address of IPv6 in the shortest of its spellings. */
export function plainAddress(name: string): string {
  const [address, zone] = name.toLowerCase().split("%");
  if (!address!.includes(":")) return name.toLowerCase();
  const shortest = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1) ?? address!;
  // One of IPv4 that was put into one of IPv6.
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(shortest) ?? [];
  if (high !== undefined) {
    const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low!, 16)];
    return [a >> 8, a & 255, b >> 8, b & 255].join(".");
  }
  return zone === undefined ? shortest : `${shortest}%${zone}`;
}

/** A name or an address as it stands before a port: one of IPv6 has brackets. */
export function inAddress(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
