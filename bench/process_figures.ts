/**
 * What the system says about a process.
 *
 * @module
 */

/** Ticks in a second, in which Linux counts processor time for everybody who asks. */
const TICKS = 100;

/** Bytes of a process's resident memory. */
export async function residentBytes(pid: number): Promise<number> {
  if (Deno.build.os === "linux") {
    const text = await Deno.readTextFile(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)![1]) * 1024;
  }
  return Number(await ps(pid, "rss")) * 1024;
}

/** Seconds of processor time that a process has used. */
export async function processorSeconds(pid: number): Promise<number> {
  if (Deno.build.os === "linux") {
    const text = await Deno.readTextFile(`/proc/${pid}/stat`);
    // What comes before is the name in brackets, in which anything may stand.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }
  const parts = (await ps(pid, "time")).split(":").map(Number);
  return parts.reduce((sum, part) => sum * 60 + part, 0);
}

async function ps(pid: number, column: string): Promise<string> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", `${column}=`, "-p", String(pid)] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}
