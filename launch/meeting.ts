/**
 * The way from a host's login shell to the agent's Deno: who says what, and what it means when that
 * is not said.
 *
 * @module
 */

import { stripVTControlCharacters } from "node:util";
import { LIMITS } from "../wire/limits.ts";
import { MARK, SHELL_MARK } from "./agent_messages.ts";
import type { HostFacts } from "./agent_messages.ts";
import { explainWords, HostError, judgeProlog } from "./host_errors.ts";
import type { Progress } from "./host_errors.ts";
import { shellScript } from "./login_shell.ts";
import type { ShellTask } from "./login_shell.ts";
import type { Connection, TransportOptions } from "./transport_process.ts";
import { within } from "./process.ts";

/** What is needed for it. */
export interface Meeting extends Pick<TransportOptions, "host" | "onNotice"> {
  readonly task: ShellTask;
  /** Something that the user should know, and that does not keep the host from being used. */
  onWarning(text: string): void;
}

/**
 * Goes that way.
 *
 * @throws {HostError} when the host cannot be used
 */
export async function meet(connection: Connection, meeting: Meeting): Promise<HostFacts> {
  const { progress } = connection;
  while (true) {
    const { step } = progress;
    const { milliseconds, complaint } = patience(progress);
    const word = await connection.soon(nextWord(connection, meeting), milliseconds, complaint);
    if (word === SHELL_MARK) {
      if (step !== "login") continue;
      advance(progress, "shell");
      connection.write(shellScript(meeting.task));
    } else if (word.startsWith("{")) {
      advance(progress, "agent");
      return JSON.parse(word) as HostFacts;
    } else {
      await hear(word.split(" "), connection, meeting);
    }
  }
}

function advance(progress: Progress, step: Progress["step"], detail = ""): void {
  Object.assign(progress, { step, detail, printed: [] });
}

/** What is said next for us, past whatever shells and prologs print. */
async function nextWord({ lines, progress }: Connection, { onNotice }: Meeting): Promise<string> {
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    const line = next.value;
    for (const mark of [MARK, SHELL_MARK]) {
      const at = line.indexOf(mark);
      if (at < 0) continue;
      return mark === MARK ? line.slice(at + mark.length).trimEnd() : mark;
    }
    const text = stripVTControlCharacters(line).trim();
    if (text === "") continue;
    progress.printed = [...progress.printed.slice(-20), text];
    onNotice(text);
  }
  return await new Promise<never>(() => {});
}

function patience({ step, printed }: Progress): { milliseconds: number; complaint: string } {
  const words = printed.length > 0 ? ` (it printed: ${printed.at(-1)})` : "";
  const milliseconds = LIMITS.hostAnswerMs;
  const seconds = milliseconds / 1000;
  switch (step) {
    case "login":
      return {
        milliseconds,
        complaint: `does not answer within ${seconds} s${words}: does its login shell, or a ` +
          "start-up file, wait for something?",
      };
    case "prolog":
      return {
        milliseconds: LIMITS.prologMs,
        complaint: `the script of --prolog does not end within ${LIMITS.prologMs / 1000} s${words}`,
      };
    default:
      return { milliseconds, complaint: `does not answer${words}` };
  }
}

/** Words of the script. */
async function hear(
  [about, ...words]: readonly string[],
  connection: Connection,
  { host, task, onWarning }: Meeting,
): Promise<void> {
  const { progress } = connection;
  const prolog = task.prolog?.path ?? "";
  if (about === "failed") throw explainWords(host, words, prolog);
  if (about === "deno") advance(progress, "deno", words.join(" "));
  if (about === "home") {
    onWarning(`${task.folder} is not there, so it works in ${words.join(" ")}`);
  }
  if (about !== "prolog") return;
  const [how = "", code] = words;
  if (how === "begins") return advance(progress, "prolog");
  // Its own words are on their way through the other stream.
  await within(connection.prologHeard, LIMITS.silentOutputMs * 5);
  const { printed, complaints } = progress;
  advance(progress, "shell");
  const verdict = judgeProlog(prolog, { how, code: Number(code), printed, complaints });
  if (verdict === undefined) return;
  if (verdict.fails) throw new HostError(host, verdict.text);
  onWarning(verdict.text);
}
