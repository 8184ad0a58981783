/**
 * A shipment's run on a host that has nothing but Deno, for tests: as far as the system lets us,
 * without a network and with nothing but the shipment to be seen.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { permissionArguments } from "../../launch/permissions.ts";
import { askCache } from "../../launch/ship_graph.ts";
import { gather, pack, shippedRun, unpack } from "../../launch/ship.ts";
import type { Freight } from "../../launch/ship.ts";
import { VARIABLES } from "../../worker/environment.ts";

/** Generous, against hangs only. */
const TIMEOUT = 60_000;

/** What a run printed, and the folder that it ran in. */
export interface ShippedResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly folder: string;
}

/** The checkout's folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What is the same for all shipments to a host like this one. */
export const HERE = { deno: Deno.execPath(), target: Deno.build };

/**
 * Ships a program and runs it there with a broker and one worker beside the origin.
 *
 * @param entries the URLs of worker/main.ts, broker/main.ts and launch/agent.ts
 */
export async function runShipped(
  freight: Omit<Freight, keyof typeof HERE | "entries">,
  entries: readonly [worker: string, broker: string, agent: string],
): Promise<ShippedResult> {
  const folder = await Deno.makeTempDir({ prefix: "shipped-" });
  try {
    const shipment = await gather({ ...HERE, ...freight, entries });
    await unpack(await pack(shipment), folder);
    const { env, flags, addon, place } = shippedRun(shipment, folder);
    const [worker, broker, agent] = entries.map(place);
    const port = freePort();
    const addresses = {
      BROKER_ADDRESS: `tcp://127.0.0.1:${port}`,
      META_ADDRESS: `tcp://127.0.0.1:${port + 1}`,
    };
    const allowed = permissionArguments(new Map(), {
      read: [folder, "/etc/alpine-release"],
      ffi: [addon],
      env: VARIABLES,
      import: freight.flags.flatMap((flag) => /^--allow-import=(.*)/.exec(flag)?.[1] ?? []),
    });
    const run = (permissions: string[], module: string, variables: Record<string, string>) => [
      "env",
      ...Object.entries({ ...addresses, ...variables }).map(([name, value]) => `${name}=${value}`),
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, ...flags, module],
    ];
    const program = place(freight.program);
    const script = scriptOf({
      broker: run(["-A"], broker!, {}),
      worker: run(allowed, worker!, {
        ...{ IS_ORIGIN: "0", WORKER_NAME: "other", SCOOP_PROGRAM: program },
      }),
      agent: agentCommand(agent!),
      origin: run(allowed, program, { IS_ORIGIN: "1" }),
    });
    const sourceFolder = freight.program.startsWith("file:")
      ? [dirname(fileURLToPath(freight.program))]
      : [];
    const hidden = [ROOT, await askCache(Deno.execPath()), ...sourceFolder];
    return { ...await inSandbox(script, folder, hidden, env), folder };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function scriptOf(commands: Record<"broker" | "worker" | "agent" | "origin", string[]>): string {
  return `
${quoted(commands.broker)} & broker=$!
${quoted(commands.worker)} & worker=$!
trap 'kill $broker $worker 2>/dev/null' EXIT
${quoted(commands.agent)} || exit 90
${quoted(commands.origin)} || exit 91
wait $broker || exit 92
wait $worker || exit 93
`;
}

/** The agent is loaded by a Deno that was not told of the shipment. */
function agentCommand(agent: string): string[] {
  const code = `if (typeof (await import(${JSON.stringify(agent)})).serve !== "function") throw 1`;
  const module = `data:text/javascript,${encodeURIComponent(code)}`;
  return [
    ...["env", "-u", "DENO_DIR", Deno.execPath(), "run", "-A", "--quiet"],
    ...["--no-config", "--no-lock", module],
  ];
}

/** Where unshare cannot be used, proxies that are not there keep the network away at least. */
async function inSandbox(
  script: string,
  folder: string,
  hidden: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const executable = Deno.execPath();
  const mounts = hidden.filter((path) => !executable.startsWith(join(path, "/")))
    .map((path) => `${quoted(["mount", "-t", "tmpfs", "none", path])} || exit 94\n`);
  const unshare = ["unshare", "-rnmp", "--fork", "--kill-child", "sh", "-c"];
  const alone = `ip link set lo up || exit 95\n${mounts.join("")}`;
  const possible = await run([...unshare, `${alone}exit 0`], folder, {});
  const command = possible.code === 0 ? [...unshare, alone + script] : ["sh", "-c", script];
  const nowhere = "http://127.0.0.1:9";
  return await run(command, folder, {
    ...env,
    ...{ NO_COLOR: "1", HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere },
  });
}

async function run(command: readonly string[], folder: string, env: Record<string, string>) {
  const [name = "", ...args] = command;
  try {
    const { code, stdout, stderr } = await new Deno.Command(name, {
      args,
      cwd: folder,
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "", HOME: join(folder, "home"), ...env },
      stdin: "null",
      signal: AbortSignal.timeout(TIMEOUT),
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, stdout: "", stderr: `no ${name}` };
  }
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

/** A port that is free, with a free one above it. */
function freePort(): number {
  for (;;) {
    const first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = first.addr as Deno.NetAddr;
    try {
      Deno.listen({ hostname: "127.0.0.1", port: port + 1 }).close();
      return port;
    } catch {
      // The one above is taken: try another.
    } finally {
      first.close();
    }
  }
}
