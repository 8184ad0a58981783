/**
 * Profiles of our own processes, and what stands out in them.
 *
 * @module
 */

import { join, resolve } from "node:path";
import type { Workload } from "./workload.ts";

/** How the processes of one measurement are made to write profiles. */
export interface ProfileFlags {
  /** What to start the origin and the workers with, instead of Deno. */
  readonly executable: string;
  /** Flags for a process that is started without it. */
  readonly flags: readonly string[];
}

/** Functions shown of each process. */
const SHOWN = 15;

/** The folder for the profiles of one workload. */
export function profileFolder(directory: string, workload: Workload): string {
  const { work, ...rest } = workload;
  const words = Object.entries(rest).map(([name, value]) => `${name}-${value}`);
  return join(resolve(directory), [work, ...words].join("-"));
}

/**
 * Prepares a folder for profiles. The command starts the origin and the workers with an executable
 * of the user's choice: here it is a script that adds flags to Deno's and names the profile after
 * the process. Unix only.
 */
export async function profileInto(folder: string): Promise<ProfileFlags> {
  await Deno.mkdir(folder, { recursive: true });
  const executable = join(folder, "deno.sh");
  const deno = quoted(Deno.execPath());
  const script = `#!/bin/sh
[ "$1" = run ] || exec ${deno} "$@"
shift
exec ${deno} run --cpu-prof --cpu-prof-dir=${quoted(folder)} \\
  --cpu-prof-name="$WORKER_NAME.cpuprofile" "$@"
`;
  await Deno.writeTextFile(executable, script, { mode: 0o755 });
  const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-name=broker.cpuprofile"];
  return { executable, flags };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What is needed of a .cpuprofile file. */
interface Profile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
  }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

/** The functions of each profile in a folder that took the most time by themselves. */
export async function summarize(folder: string): Promise<string> {
  const parts: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".cpuprofile")) continue;
    const profile: Profile = JSON.parse(await Deno.readTextFile(join(folder, name)));
    parts.push(`${join(folder, name)}\n${heaviest(profile)}`);
  }
  return parts.sort().join("\n");
}

function heaviest({ nodes, samples, timeDeltas }: Profile): string {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const selfTime = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, i) => {
    const name = names.get(id)!;
    const milliseconds = timeDeltas[i]! / 1000;
    selfTime.set(name, (selfTime.get(name) ?? 0) + milliseconds);
    if (name !== "(idle)") busy += milliseconds;
  });
  const heaviest = [...selfTime].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  return heaviest.map(([name, time]) => {
    const share = name === "(idle)" ? "" : `${(100 * time / busy).toFixed(1)} %`;
    return `${time.toFixed(0).padStart(8)} ms ${share.padStart(7)}  ${name}\n`;
  }).join("");
}

function nameOf({ functionName, url, lineNumber }: Profile["nodes"][number]["callFrame"]): string {
  const place = url === "" ? "" : ` ${url.split("/").slice(-2).join("/")}:${lineNumber + 1}`;
  return `${functionName || "(anonymous)"}${place}`;
}
