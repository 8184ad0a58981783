/**
 * Keeps a task from ending the program.
 *
 * A task that ends its process (`Deno.exit`, `Deno.kill` of itself) costs a worker, and it is tried
 * elsewhere. On the origin it would take the user's program with it; there these calls are turned
 * into the loss of the task alone.
 *
 * @module
 */

import type NodeProcess from "node:process";
import { ProcessEnd } from "../futures/process_end.ts";
import { currentTurn } from "../futures/turn.ts";
import { replaceWhenUsed } from "./replaced.ts";

/** Signals that end a process which does not handle them. */
const DEADLY = new Set<unknown>(["SIGKILL", "SIGTERM", "SIGINT", "SIGABRT", "SIGSEGV", "SIGQUIT"]);

/** Guards this process. */
export function guardOrigin(): void {
  const { exit } = Deno;
  Deno.exit = (code?: number): never => {
    endTask(`exit code ${code ?? 0}`);
    return exit(code);
  };
  replaceWhenUsed(Deno, "kill", (original): typeof Deno.kill => {
    const kill = original as typeof Deno.kill;
    return (pid, signal = "SIGTERM") => {
      if (pid === Deno.pid && DEADLY.has(signal)) endTask(`signal ${signal}`);
      return kill(pid, signal);
    };
  });
  // Loaded while the process waits for its broker. Node's `exit` calls that of Deno, measured.
  void import("node:process").then(({ default: process }) => guardKill(process));
}

function guardKill(process: typeof NodeProcess): void {
  const { kill } = process;
  process.kill = ((pid: number, signal: string | number = "SIGTERM") => {
    if (pid === process.pid && DEADLY.has(signal)) endTask(`signal ${signal}`);
    return kill.call(process, pid, signal);
  }) as typeof process.kill;
}

/** Ends the task that calls, if it is one; the program itself may do what it likes. */
function endTask(reason: string): void {
  const turn = currentTurn();
  if (turn !== undefined && turn.state !== "over") throw new ProcessEnd(reason);
}
