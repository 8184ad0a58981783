/**
 * Runs of the command on a real terminal: a pty that `script` opens, and an emulator that shows what
 * a person would see.
 *
 * @module
 */

import { seenTerminal } from "../launch/terminal.ts";
import type { SeenTerminal } from "../launch/terminal.ts";
import { canFindProcesses, path, start } from "../faults/running.ts";
import type { Run } from "../faults/running.ts";

/** Why there is no pty here; empty when there is. */
export const NO_PTY = findReason();

function findReason(): string {
  if (!canFindProcesses) return "script of util-linux, and /proc, are needed";
  try {
    const { stdout } = new Deno.Command("script", { args: ["--version"] }).outputSync();
    const isRight = new TextDecoder().decode(stdout).includes("util-linux");
    return isRight ? "" : "script is not that of util-linux";
  } catch {
    return "there is no script of util-linux (Debian: bsdutils)";
  }
}

/** A run on a terminal. */
export interface SeenRun extends AsyncDisposable {
  readonly run: Run;
  readonly terminal: SeenTerminal;
  /** Waits until what is in sight is as wanted; fails when the run ends before. */
  sees(wanted: (screen: string[]) => boolean): Promise<void>;
  /** The window gets another size, while nobody draws. */
  resize(columns: number, rows: number): Promise<void>;
  /** The exit code, when all is shown. */
  ended(): Promise<number>;
}

/** Runs the command on a terminal; what the shell would see of the streams may be redirected. */
export function scoopInPty(
  args: string[],
  { redirection = "", columns = 80, rows = 24 } = {},
): SeenRun {
  const command = ["run", "-A", path("cli.ts"), ...args].map(quote).join(" ");
  const size = `stty cols ${columns} rows ${rows}`;
  const tty = Deno.makeTempFileSync();
  // By way of a shell: script stops itself when what it has started is stopped.
  const line = `tty >${tty}; ${size}; ${quote(Deno.execPath())} ${command} ${redirection}; exit $?`;
  const run = start("script", ["-qefc", line, "/dev/null"], {
    stdin: "open",
    env: { SHELL: "/bin/sh" },
  });
  // The pty has made of each newline what a terminal wants.
  const terminal = seenTerminal(columns, rows, false);
  let shown = 0;
  const show = async () => {
    const text = run.stdout();
    const more = text.slice(shown);
    shown = text.length;
    if (more !== "") await terminal.write(more);
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    run,
    terminal,
    async sees(wanted) {
      let found = false;
      let over = false;
      const end = run.ended().then(() => over = true);
      while (!found) {
        const last = over;
        await show();
        found = wanted(terminal.screen());
        if (!found && last) throw new Error(`never seen; the end was\n${terminal.text()}`);
        if (!found) await Promise.race([pause(20), end]);
      }
    },
    async resize(columns, rows) {
      const { pid } = run.processes().find(({ name }) => name === "launcher")!;
      Deno.kill(pid, "SIGSTOP");
      try {
        // What it has written is on its way.
        await pause(300);
        await show();
        terminal.resize(columns, rows);
        const name = Deno.readTextFileSync(tty).trim();
        const args = ["-F", name, "cols", `${columns}`, "rows", `${rows}`];
        const { success } = await new Deno.Command("stty", { args }).output();
        if (!success) throw new Error(`no stty for ${name}`);
      } finally {
        Deno.kill(pid, "SIGCONT");
      }
    },
    async ended() {
      const { code } = await run.ended();
      await show();
      return code;
    },
    async [Symbol.asyncDispose]() {
      await run[Symbol.asyncDispose]();
      Deno.removeSync(tty);
    },
  };
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
