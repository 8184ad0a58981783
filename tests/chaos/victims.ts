/**
 * Who may be killed, stopped or cut off in a run, by kind: where its processes are found, and what
 * can be done to them.
 *
 * @module
 */

import type { Hosts } from "../clusters/ssh_hosts.ts";
import type { Run } from "../faults/running.ts";

/** What happens to somebody. */
export type Harm = "kill" | "stop" | "cut" | "slow";

/** Kinds of victims. */
export type Kind = "worker" | "agent" | "broker" | "first broker" | "far worker" | "link";

/** Those that a run survives whatever happens to them, as long as one broker is left. */
export const KINDS: readonly Kind[] = [
  ...["worker", "agent", "broker", "first broker", "far worker", "link"] as const,
];

/** What can be done to each kind. */
export const HARMS: Readonly<Record<Kind, readonly Harm[]>> = {
  worker: ["kill", "kill", "stop"],
  agent: ["kill", "stop"],
  // One that is dead stays so: the others have its workers.
  broker: ["stop", "stop", "stop", "stop", "stop", "kill"],
  "first broker": ["stop", "stop", "kill"],
  "far worker": ["kill", "stop"],
  link: ["cut", "slow", "slow"],
};

/** Somebody who can be harmed. */
export interface Victim {
  readonly name: string;
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void>;
}

/** The name of a process by its command line, if it is one that may be harmed. */
function brokerName(command: string): string | undefined {
  return /broker\/main\.ts.*--name=(\S+)/.exec(command)?.[1];
}

/** Processes of a kind on this machine. */
function near(run: Run, kind: Kind): Victim[] {
  return run.processes().filter(({ name }) => {
    if (kind === "worker") return name.startsWith("worker-");
    const broker = brokerName(name);
    if (broker === undefined) return false;
    return kind === (broker === "broker" ? "first broker" : "broker");
  }).map(({ pid, name }) => ({
    name: brokerName(name) ?? name,
    // It may have ended meanwhile.
    signal: (signal) => Promise.try(() => Deno.kill(pid, signal)).catch(() => {}),
  }));
}

/** The same on other hosts. */
async function far(hosts: Hosts, kind: Kind): Promise<Victim[]> {
  const found: Victim[] = [];
  for (const host of hosts.names) {
    for (const { pid, command } of await hosts.processes(host)) {
      if (kindOf(command) !== kind) continue;
      found.push({
        name: `${kind} on ${host}`,
        signal: async (signal) => {
          await hosts.run(host, `kill -${signal.slice(3)} ${pid}`).catch(() => {});
        },
      });
    }
  }
  return found;
}

function kindOf(command: string): Kind | undefined {
  if (command.includes("worker/main.ts")) return "far worker";
  if (brokerName(command) !== undefined) return "broker";
  return command.includes(" data:text/javascript;base64,") ? "agent" : undefined;
}

/** All of a kind that live now. Links are a matter of {@link Hosts}. */
export async function victimsOf(
  kind: Kind,
  run: Run,
  hosts: Hosts | undefined,
): Promise<Victim[]> {
  return [...near(run, kind), ...hosts === undefined ? [] : await far(hosts, kind)];
}
