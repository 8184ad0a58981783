/**
 * The machine that a table was made on.
 *
 * @module
 */

/** What matters of a machine. */
export interface Machine {
  readonly cores: number;
  readonly model: string;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly deno: string;
  /** Processes that wanted to run in the last minute, on average; empty where nobody counts. */
  readonly load: string;
}

/** Looks around. */
export async function describeMachine(): Promise<Machine> {
  return {
    cores: navigator.hardwareConcurrency,
    model: await model(),
    memory: Deno.systemMemoryInfo().total,
    system: `${Deno.build.os} ${Deno.build.arch}`,
    deno: Deno.version.deno,
    load: Deno.build.os === "windows" ? "" : Deno.loadavg()[0]!.toFixed(1),
  };
}

async function model(): Promise<string> {
  try {
    if (Deno.build.os === "linux") {
      const text = await Deno.readTextFile("/proc/cpuinfo");
      return /^(?:model name|Model)\s*:\s*(.+)$/m.exec(text)?.[1] ?? "unknown processor";
    }
    if (Deno.build.os === "darwin") {
      const args = ["-n", "machdep.cpu.brand_string"];
      const { stdout } = await new Deno.Command("sysctl", { args }).output();
      return new TextDecoder().decode(stdout).trim();
    }
  } catch {
    // Then it stays unknown.
  }
  return Deno.env.get("PROCESSOR_IDENTIFIER") ?? "unknown processor";
}
