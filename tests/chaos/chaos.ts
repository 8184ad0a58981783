/**
 * Chaos with real processes: while a run computes what is known, its processes are killed and
 * stopped, its links cut and slowed down, and its log's disk is full. What happens when, and to
 * which of those that are there, comes from a seed.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { exists, sh, startHosts } from "../clusters/ssh_hosts.ts";
import type { Hosts } from "../clusters/ssh_hosts.ts";
import { inFolder, path, scoop } from "../faults/running.ts";
import type { Run } from "../faults/running.ts";
import { HARMS, KINDS, victimsOf } from "./victims.ts";
import type { Harm, Kind } from "./victims.ts";

const PROGRAM = path("tests/chaos/programs/known.ts");
/** Milliseconds from one harm to the next, on the average. */
const PAUSE_MS = 1_000;
/** The longest that somebody is stopped, or a link is cut or slow, in milliseconds. */
const LONGEST_MS = 6_000;
/** What the program exits with; a full disk does not change that. */
const EXIT_CODE = 7;

/** One thing that happens. */
interface Event {
  /** Milliseconds after what happened before it. */
  readonly pause: number;
  readonly kind: Kind;
  /** Which of {@link HARMS} of its kind, and which of the victims that are there. */
  readonly harm: number;
  readonly which: number;
  /** Milliseconds until it is over, if it is not for good. */
  readonly lasts: number;
}

/** A round of chaos. */
export interface Round {
  /** Milliseconds. */
  readonly lasts: number;
  readonly seed: number;
  /** Other hosts than this one; with none, all processes are here. */
  readonly hosts?: number;
  /** Whom it may hit. */
  readonly kinds?: readonly Kind[];
  /** What happens, in words. */
  tell?(text: string): void;
  /** Is called with the run as soon as it computes. */
  watch?(run: Run): Disposable;
  /** Passed to the program. */
  readonly how?: string;
}

/** What happens in a round, the same for the same seed. */
function* eventsOf(seed: number, kinds: readonly Kind[]): Generator<Event> {
  const event = fc.record({
    pause: fc.integer({ min: PAUSE_MS / 4, max: 2 * PAUSE_MS - PAUSE_MS / 4 }),
    kind: fc.constantFrom(...kinds),
    ...{ harm: fc.nat(1000), which: fc.nat(1000) },
    lasts: fc.integer({ min: 100, max: LONGEST_MS }),
  });
  // In blocks: nobody knows how many there will be.
  for (let block = 0;; block++) yield* fc.sample(event, { numRuns: 50, seed: seed + block });
}

/** What is broken for a while: it is mended in the end, however that comes. */
class Broken {
  readonly #mends = new Map<string, () => Promise<void>>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();

  /** Breaks something unless it is broken already. */
  async breaks(
    what: string,
    lasts: number,
    how: () => Promise<void>,
    mend: () => Promise<void>,
  ): Promise<boolean> {
    if (this.#mends.has(what)) return false;
    this.#mends.set(what, mend);
    await how();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#mend(what);
    }, lasts);
    this.#timers.add(timer);
    return true;
  }

  async #mend(what: string): Promise<void> {
    const mend = this.#mends.get(what);
    await mend?.();
    this.#mends.delete(what);
  }

  async mendAll(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const what of [...this.#mends.keys()]) await this.#mend(what);
  }
}

/**
 * One round: the run is started, harmed for so long, and told to end.
 *
 * @throws {Error} that names the seed, when a result is wrong, anything is left running, or the run
 * does not end as it should
 */
export async function chaos(round: Round): Promise<void> {
  const happened: string[] = [];
  const began = performance.now();
  const tell = (text: string) => {
    const line = `${((performance.now() - began) / 1000).toFixed(1)} s: ${text}`;
    happened.push(line);
    round.tell?.(line);
  };
  try {
    await inFolder((folder) => runRound(round, folder, tell));
  } catch (error) {
    throw new Error(
      `chaos of seed ${round.seed}: ${(error as Error).message}\n${happened.join("\n")}`,
      { cause: error },
    );
  }
}

async function runRound(
  round: Round,
  folder: string,
  tell: (text: string) => void,
): Promise<void> {
  await using hosts = round.hosts === undefined ? undefined : await startHosts(round.hosts);
  await using disk = await smallDisk(`${folder}/disk`);
  const end = `${folder}/end`;
  const log = disk === undefined ? [] : ["--log", `${disk.folder}/log`, "-vv"];
  const where = hosts === undefined
    ? ["-n", "4", "-b", "3"]
    : ["--ssh-executable", hosts.ssh, "-b", "2", "-n", "6", "--hosts", "127.0.0.1", ...hosts.names];
  const how = round.how === undefined ? [] : [round.how];
  await using run = scoop([...log, ...where, "-A", PROGRAM, end, ...how]);
  tell("it is started");
  // What the disk has no room for goes to stderr.
  const printed = () =>
    [...disk ? [read(`${disk.folder}/log`)] : [], run.stdout(), run.stderr()].join("\n");
  await run.until(() => /^(\S+Z .* - )?round 1 /m.test(printed()));
  {
    tell("it computes");
    using _watch = round.watch?.(run);
    await harm(round, run, hosts, tell);
  }
  await Deno.writeTextFile(end, "");
  const { code, stdout, stderr } = await run.ended();
  const all = printed();
  assert.match(all, /\d+ rounds, \d+ tasks, all right$/m, `exit code ${code}\n${stderr}`);
  tell(/\d+ rounds, \d+ tasks, all right$/m.exec(all)![0]);
  if (/\(--log\): No space left on device/.test(stderr)) tell("the disk of the log was full");
  assert.equal(code, EXIT_CODE, stdout + stderr);
  // A line that was cut on the disk is whole here.
  const usual = /^$|^(\S+Z .* - )?(scoop\b.*|round \d+ x+|\d+ rounds, .* all right)$/;
  for (const line of stderr.split("\n")) assert.match(line, usual);
  await run.gone();
  for (const host of hosts?.names ?? []) await empty(hosts!, host);
}

/** Harms a run for as long as the round lasts; in the end all that can be mended is. */
async function harm(
  { lasts, seed, kinds = KINDS }: Round,
  run: Run,
  hosts: Hosts | undefined,
  tell: (text: string) => void,
): Promise<void> {
  const broken = new Broken();
  const until = performance.now() + lasts;
  const some = hosts === undefined
    ? kinds.filter((kind) => ["worker", "broker", "first broker"].includes(kind))
    : kinds;
  try {
    for (const event of eventsOf(seed, some)) {
      const pause = Math.min(event.pause, until - performance.now());
      if (pause <= 0) break;
      await new Promise((resolve) => setTimeout(resolve, pause));
      // Fails when it has ended, with what it printed.
      await run.until(() => true);
      const harm = HARMS[event.kind][event.harm % HARMS[event.kind].length]!;
      if (event.kind === "link") await harmLink(event, harm, hosts!, broken, tell);
      else await harmProcess(event, harm, run, hosts, broken, tell);
    }
  } finally {
    await broken.mendAll();
  }
}

async function harmProcess(
  { kind, which, lasts }: Event,
  harm: Harm,
  run: Run,
  hosts: Hosts | undefined,
  broken: Broken,
  tell: (text: string) => void,
): Promise<void> {
  const victims = await victimsOf(kind, run, hosts);
  const victim = victims[which % victims.length];
  if (victim === undefined) return tell(`there is no ${kind}`);
  if (harm === "kill" && !await isLastBroker(kind, run, hosts)) {
    tell(`kill -9 of ${victim.name}`);
    return await victim.signal("SIGKILL");
  }
  const stopped = await broken.breaks(
    victim.name,
    lasts,
    () => victim.signal("SIGSTOP"),
    () => victim.signal("SIGCONT"),
  );
  if (stopped) tell(`${victim.name} is stopped for ${lasts} ms`);
}

/** Without any broker there is no run; one is stopped instead. */
async function isLastBroker(kind: Kind, run: Run, hosts: Hosts | undefined): Promise<boolean> {
  if (kind !== "broker" && kind !== "first broker") return false;
  const kinds: Kind[] = ["broker", "first broker"];
  const all = await Promise.all(kinds.map((one) => victimsOf(one, run, hosts)));
  return all.flat().length <= 1;
}

async function harmLink(
  { which, lasts }: Event,
  harm: Harm,
  hosts: Hosts,
  broken: Broken,
  tell: (text: string) => void,
): Promise<void> {
  const host = hosts.names[which % hosts.names.length]!;
  const [how, mend] = harm === "cut" || !exists("tc")
    ? [() => hosts.cut(host), () => hosts.heal(host)]
    : [() => hosts.slow(host), () => hosts.unslow(host)];
  if (await broken.breaks(`link ${host}`, lasts, how, mend)) {
    tell(`the link of ${host}: ${harm} for ${lasts} ms`);
  }
}

/** A disk with little room; undefined where none can be mounted. */
async function smallDisk(
  folder: string,
): Promise<AsyncDisposable & { folder: string } | undefined> {
  await Deno.mkdir(folder);
  try {
    await sh(`mount -t tmpfs -o size=16k tmpfs ${folder}`);
  } catch {
    return undefined;
  }
  return { folder, [Symbol.asyncDispose]: async () => void await sh(`umount ${folder}`) };
}

function read(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}

/** Waits until nothing of ours runs on a host. */
async function empty(hosts: Hosts, host: string): Promise<void> {
  for (const until = performance.now() + 60_000;;) {
    const left = await hosts.processes(host);
    if (left.length === 0) return;
    assert.ok(performance.now() < until, `left on ${host}: ${JSON.stringify(left)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
