/**
 * Another host as a place of a run, through its agent.
 *
 * @module
 */

import { SHIPMENT_FOLDER } from "./agent_messages.ts";
import type { HostFacts, Reached } from "./agent_messages.ts";
import { bootstrapModule } from "./bootstrap.ts";
import { shortage } from "./capacity.ts";
import { bringBack, HostAway } from "./host_away.ts";
import { HostError } from "./host_errors.ts";
import { LOGIN_COMMAND } from "./login_shell.ts";
import type { ShellTask } from "./login_shell.ts";
import type { Prolog } from "./prolog.ts";
import type { Reaper } from "./reaper.ts";
import { connectHost } from "./remote_host.ts";
import type { RemoteHost } from "./remote_host.ts";
import { askingFlags, moduleFlags } from "./finding.ts";
import { frozenFlags, passedFlags, permissions } from "./setup.ts";
import type { Setup } from "./setup.ts";
import { gather, pack, shippedRun } from "./ship.ts";
import type { Shipment } from "./ship.ts";
import type { Transport } from "./transports.ts";
import { getLogger } from "../telemetry/logging.ts";
import { LIMITS } from "../wire/limits.ts";
import { fileURLToPath, pathToFileURL } from "node:url";
import { relative, resolve } from "node:path";
import { modulesOf } from "./place.ts";
import type { Equipment, Place } from "./place.ts";

/** What connecting to other hosts needs beside the setup. */
export interface Connecting {
  readonly transport: Transport;
  /** Addresses here that ports there should lead to. */
  readonly forwards: readonly string[];
  /** A port here that has to be reached from there, unless there are forwards. */
  readonly port: number;
  /** Under which names and addresses that is tried, beside the one the connection comes from. */
  readonly ownNames: readonly string[];
  readonly reaper: Reaper;
  /** For the connection alone; `LIMITS.sshConnectMs` unless said otherwise. */
  readonly connectMs?: number;
  onNotice(host: string, line: string): void;
  /** As {@link onNotice}, for what every user should know. */
  onWarning(host: string, line: string): void;
  /** What --env-file has for hosts that do not have that file. */
  readonly variables: Promise<Readonly<Record<string, string>>>;
  /** A shipment is made once for each kind of host. */
  readonly shipments: Map<string, Promise<{ shipment: Shipment; bytes: Uint8Array }>>;
}

/**
 * Another host, through its agent, if it has room for so many workers. When the connection is lost,
 * it is made again as soon as the host can be reached; until then a start throws {@link HostAway}.
 *
 * @throws {HostError} when the host cannot be used
 */
export async function placeThere(
  setup: Setup,
  host: string,
  workers: number,
  connecting: Connecting,
): Promise<Place> {
  const log = getLogger("launch");
  let { remote, equipment, launcher, answerMs } = await connect(setup, host, connecting, workers);
  let away: PromiseWithResolvers<void> | undefined;
  let closed = false;
  follow();

  function follow(): void {
    void remote.lost.then((reason) => {
      if (closed) return;
      away = Promise.withResolvers();
      const facts = { host, reason };
      log.warning("{host} is lost ({reason}); it takes part again as soon as it can", facts);
      void bringBack({
        connect: comeBack,
        answerMs,
        unwanted: () => closed,
        failed: (why) => connecting.onNotice(host, why),
      });
    });
  }

  async function comeBack(connectMs: number): Promise<void> {
    // What ssh says each time is in the reason, which is told once.
    const again = await connect(setup, host, { ...connecting, connectMs, onNotice() {} });
    if (closed) return await again.remote.close(LIMITS.closeAwayMs);
    ({ remote, equipment, launcher } = again);
    log.warning("{host} is back", { host });
    away!.resolve();
    away = undefined;
    follow();
  }

  return {
    host,
    here: false,
    get hostname() {
      return remote.facts.hostname ?? "";
    },
    get equipment() {
      return equipment;
    },
    get launcherHost() {
      return launcher.host;
    },
    get ownHost() {
      return launcher.from;
    },
    get ports() {
      return remote.ports;
    },
    start(spec) {
      if (away !== undefined) throw new HostAway(host, away.promise);
      return remote.start(spec);
    },
    pause: () => remote.pause(),
    async close(within) {
      closed = true;
      await remote.close(within);
    },
  };
}

/** A host that is there. */
interface Connected {
  readonly remote: RemoteHost;
  readonly equipment: Equipment;
  readonly launcher: Reached;
  /** Milliseconds until it had answered. */
  readonly answerMs: number;
}

async function connect(
  setup: Setup,
  host: string,
  connecting: Connecting,
  workers = 0,
): Promise<Connected> {
  const { transport, forwards, reaper, connectMs } = connecting;
  const { options } = setup;
  const began = performance.now();
  let answerMs = 0;
  let shipped: { shipment: Shipment; bytes: Uint8Array } | undefined;
  const remote = await connectHost({
    host,
    transport: transport.start(host, LOGIN_COMMAND, forwards, connectMs),
    task: shellTask(setup),
    forwards,
    async opening(facts) {
      answerMs = performance.now() - began;
      checkVersion(host, facts);
      if (!options.ship) return { agent: modulesOf(setup).agent, libraries: [] };
      shipped = await shipmentFor(setup, facts, connecting);
      const { shipment, bytes } = shipped;
      const { place } = shippedRun(shipment, SHIPMENT_FOLDER);
      return {
        agent: place(modulesOf(setup).agent),
        libraries: shipment.libraries,
        shipment: bytes,
      };
    },
    watch: (pid) => reaper.watch(pid),
    forget: (pid) => reaper.forget(pid),
    onNotice: (line) => connecting.onNotice(host, line),
    // Once is enough: whoever reconnects needs no room for workers.
    onWarning: (line) => connecting[workers > 0 ? "onWarning" : "onNotice"](host, line),
  });
  try {
    const need = { workers, connected: 0, others: 0 };
    const { room } = remote.ready;
    // Another copy of this library may not tell.
    const lacking = room && shortage(need, room, "it");
    if (lacking !== undefined) throw new HostError(host, lacking);
    const equipment = {
      ...shipped === undefined
        ? await equipmentThere(setup, remote, host)
        : equipmentShipped(setup, shipped.shipment, remote.ready.folder),
      defaults: await connecting.variables,
    };
    const launcher = await findLauncher(setup, remote, host, connecting);
    return { remote, equipment, launcher, answerMs };
  } catch (error) {
    await remote.close(LIMITS.closeAwayMs);
    throw error;
  }
}

/** What the shell there has to do. */
function shellTask(setup: Setup): ShellTask {
  const { options, deno } = setup;
  return {
    candidates: options.denoExecutable === undefined
      ? [deno, "deno", "~/.deno/bin/deno"]
      : [options.denoExecutable],
    module: bootstrapModule(),
    folder: options.ship ? "" : options.path ?? Deno.cwd(),
    strict: options.path !== undefined,
    prolog: prologThere(setup),
  };
}

/** The script of `--prolog` there: sent with a shipment, else the same file or one below --path. */
function prologThere({ options, program }: Setup): Prolog | undefined {
  if (options.prolog === undefined) return undefined;
  const here = resolve(options.prolog);
  if (options.ship) {
    try {
      return { path: options.prolog, text: Deno.readTextFileSync(here) };
    } catch {
      // One that only the host has.
    }
  }
  const [folder] = program.folders;
  const inside = folder === undefined ? ".." : relative(folder, here);
  return options.path === undefined || inside.startsWith("..")
    ? { path: here }
    : { path: `${options.path}/${inside}` };
}

/** The first name of this host under which the brokers can be reached from there. */
async function findLauncher(
  { options }: Setup,
  remote: RemoteHost,
  host: string,
  { forwards, port, ownNames }: Connecting,
): Promise<Reached> {
  if (forwards.length > 0) return { host: "127.0.0.1", from: "127.0.0.1" };
  const { launcherAddress } = remote.facts;
  const names = options.brokerHostname === undefined
    ? [...new Set([launcherAddress, ...ownNames])].filter((name) => name !== "")
    : [options.brokerHostname.replace(/^\[(.*)\]$/, "$1")];
  const [reached] = await remote.reachable(names, port);
  if (reached !== undefined) return reached;
  throw new HostError(
    host,
    `it cannot reach port ${port} of this host as ${names.join(", ")}: name an address that it ` +
      `can reach with --broker-hostname, or use --tunnel`,
  );
}

function checkVersion(host: string, facts: HostFacts): void {
  const here = Deno.version.deno;
  if (facts.deno === here) return;
  throw new HostError(
    host,
    `it has Deno ${facts.deno} (${facts.executable}), this run ${here}: all hosts need the same, ` +
      `so upgrade one (deno upgrade --version ${here}), or name another with --deno-executable`,
  );
}

function shipmentFor(setup: Setup, { os, arch, libc }: HostFacts, { shipments }: Connecting) {
  const kind = `${os} ${arch} ${libc}`;
  let shipment = shipments.get(kind);
  if (shipment === undefined) {
    shipment = gather({
      deno: setup.deno,
      program: setup.program.url,
      entries: Object.values(modulesOf(setup)),
      flags: askingFlags(setup),
      config: setup.config,
      importMap: setup.importMap,
      target: { os, arch, libc },
    }).then(async (shipment) => ({ shipment, bytes: await pack(shipment) }));
    shipments.set(kind, shipment);
  }
  return shipment;
}

/** Nothing was shipped: the host has the same files, in the same folders or below --path. */
async function equipmentThere(
  setup: Setup,
  remote: RemoteHost,
  host: string,
): Promise<Equipment> {
  const { options, program } = setup;
  const folder = program.folders[0];
  const moves = options.path !== undefined && folder !== undefined;
  // One that is not absolute is below the home folder there.
  const base = options.path?.startsWith("/") ? options.path : remote.facts.cwd;
  const place = (path: string) =>
    moves && path.startsWith("/") ? resolve(base, relative(folder, path)) : path;
  const url = (of: string) =>
    of.startsWith("file:") ? pathToFileURL(place(fileURLToPath(of))).href : of;
  const there = url(program.url);
  const files = [there, modulesOf(setup).worker].filter((of) => of.startsWith("file:"))
    .map((of) => fileURLToPath(of));
  const named = [setup.config, setup.importMap].flatMap((path) => path ? [place(path)] : []);
  const missing = await remote.missing([...files, ...named]);
  // In another folder there may be no deno.json that was found above the program here.
  const found = options.path !== undefined && options.config === undefined && setup.config;
  const required = missing.filter((path) => !found || path !== place(setup.config!));
  if (required.length > 0) {
    throw new HostError(
      host,
      `${required[0]} is not there: put it there, name the program's folder with --path, or use ` +
        `--ship`,
    );
  }
  const config = missing.length > 0 ? undefined : setup.config;
  const { origin, worker } = moduleFlags({ ...setup, config }, place);
  // What lies outside of the program's folder may be imported from where it is here.
  const same = moves ? setup.paths.filter((path) => relative(folder, path).startsWith("..")) : [];
  const allowed = permissions(setup, remote.ready.addon, [...setup.paths.map(place), ...same]);
  const both = passedFlags({ ...options.denoFlags, envFiles: [] }, place);
  return {
    program: there,
    worker: modulesOf(setup).worker,
    broker: modulesOf(setup).broker,
    flags: {
      origin: [...allowed.origin, ...both, ...frozenFlags(options.denoFlags), ...origin],
      worker: [...allowed.worker, ...both, ...worker],
    },
    brokerFlags: ["--no-config", "--no-lock"],
    env: {},
  };
}

function equipmentShipped(setup: Setup, shipment: Shipment, folder: string): Equipment {
  const { env, flags, place, pathOf, addon } = shippedRun(shipment, folder);
  const { denoFlags } = setup.options;
  // From a shipment nothing is downloaded anyway; its lock file was looked at here.
  const passed = passedFlags({ ...denoFlags, cachedOnly: false, envFiles: [] }, pathOf);
  const allowed = permissions(setup, addon, [folder]);
  const both = [
    ...passed,
    ...denoFlags.unstable.map((feature) => `--unstable-${feature}`),
    ...flags,
  ];
  return {
    program: place(setup.program.url),
    worker: place(modulesOf(setup).worker),
    broker: place(modulesOf(setup).broker),
    flags: { origin: [...allowed.origin, ...both], worker: [...allowed.worker, ...both] },
    brokerFlags: flags,
    env,
  };
}
