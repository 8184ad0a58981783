/**
 * Peers from npm that run under Node.
 *
 * Piscina and workerpool load and work under Deno too; measured there, they did about 20,000
 * no-op tasks/s (piscina) where Node did 30,000. All are measured where they are at their best.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Contestant } from "../contestant.ts";
import { measure, run } from "../process.ts";
import { poolRefuses } from "./refusals.ts";

/** Where packages are installed; git ignores it. */
const FOLDER = fileURLToPath(new URL("../.peers", import.meta.url));
/** Milliseconds that an installation may take. */
const INSTALL = 120_000;

/** A pool from npm, driven by `driver` beside this file. */
function nodeContestant(name: string, version: string, driver: string): Contestant {
  return {
    name,
    role: "peer",
    refuses: poolRefuses,
    async prepare() {
      const node = await nodeVersion();
      const installed = await install(name, version);
      return `${name} ${installed} under Node ${node}`;
    },
    measure(workload, limit) {
      const args = [
        fileURLToPath(new URL(driver, import.meta.url)),
        join(FOLDER, "package.json"),
        JSON.stringify(workload),
      ];
      return measure({ command: "node", args }, limit);
    },
  };
}

/** Piscina: threads. */
export const piscina = nodeContestant("piscina", "^5.3", "piscina.mjs");
/** Tinypool: threads. */
export const tinypool = nodeContestant("tinypool", "^2.2", "tinypool.mjs");
/** Poolifier: threads. */
export const poolifier = nodeContestant("poolifier", "^5.3", "poolifier.mjs");
/** Workerpool: processes. */
export const workerpool = nodeContestant("workerpool", "^10.0", "workerpool.mjs");

async function nodeVersion(): Promise<string> {
  const { stdout } = await run({ command: "node", args: ["--version"] }, INSTALL)
    .catch((error) => {
      if (error instanceof Deno.errors.NotFound) return { stdout: "" };
      throw error;
    });
  // Where there is no Node, Deno starts itself in its place.
  const version = /^v(\d+\.\d+\.\d+)\s*$/.exec(stdout)?.[1];
  if (version === undefined) throw new Error("node was not found");
  return version;
}

/** Installs a package unless it is there, and returns its version. */
async function install(name: string, version: string): Promise<string> {
  const found = await installedVersion(name);
  if (found !== undefined) return found;
  await Deno.mkdir(FOLDER, { recursive: true });
  const windows = Deno.build.os === "windows";
  const { code, stderr } = await run({
    command: windows ? "npm.cmd" : "npm",
    args: ["install", "--prefix", FOLDER, "--no-audit", "--no-fund", `${name}@${version}`],
  }, INSTALL).catch((error) => {
    if (error instanceof Deno.errors.NotFound) throw new Error("npm was not found");
    throw error;
  });
  const installed = await installedVersion(name);
  if (installed === undefined) {
    const line = stderr.split("\n").find((line) => /\berror\b/i.test(line)) ?? `exit code ${code}`;
    throw new Error(`npm could not install it: ${line.trim()}`);
  }
  return installed;
}

async function installedVersion(name: string): Promise<string | undefined> {
  try {
    const path = join(FOLDER, "node_modules", name, "package.json");
    return JSON.parse(await Deno.readTextFile(path)).version;
  } catch {
    return undefined;
  }
}
