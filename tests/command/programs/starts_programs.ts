/** Origin and workers start programs, which are to see nothing of the run. */

import { scoop, submit } from "../../../mod.ts";

const here = (name: string) => new URL(name, import.meta.url).pathname;

async function output(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args });
  const { code, stdout, stderr } = await command.output();
  const text = new TextDecoder();
  return code === 0 ? text.decode(stdout) : `exit code ${code}: ${text.decode(stderr)}`;
}

/** What programs print that this worker starts, and the environment that they see. */
export async function start(): Promise<{ worker: string; printed: string[] }> {
  const squares = here("./squares.ts");
  const printed = [
    await output("run", "-A", squares),
    await output("run", "-A", here("../../../cli.ts"), "-q", "-n", "2", "-A", squares),
    await output("eval", "console.log(42)"),
    await output("eval", "console.log(JSON.stringify(Deno.env.toObject()))"),
  ];
  return { worker: scoop.workerName, printed };
}

if (import.meta.main) {
  // The program is held up for as long as another worker takes to get hold of it.
  const elsewhere = submit(start);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  console.log(`>>${JSON.stringify([await start(), await elsewhere])}<<`);
}
