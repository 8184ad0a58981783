/**
 * The ways to start a command on another host: ssh, and what schedulers have for it.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { partsOf } from "./hosts.ts";

/** What has to be started here so that something starts there. */
export interface TransportCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** A way to other hosts. */
export interface Transport {
  /** What it is called, for messages: "ssh". */
  readonly name: string;
  /**
   * The command that starts `words` on a host; its standard input and output are those of the
   * command there.
   *
   * @param forwards addresses here, "127.0.0.1:5555", to each of which a port there is to lead
   * @param connectMs for the connection to come about, where that can be said
   */
  start(
    host: string,
    words: readonly string[],
    forwards?: readonly string[],
    connectMs?: number,
  ): TransportCommand;
  /** Whether it can lead ports there to addresses here. */
  readonly forwards: boolean;
}

/**
 * Puts words together so that a shell there takes them apart again: any shell, if there is no
 * quotation mark, backslash, exclamation mark or line end in them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { quote } from "./transports.ts";
 * assert.equal(quote(["echo", "it's"]), `echo 'it'\\''s'`);
 * ```
 */
export function quote(words: readonly string[]): string {
  const quoted = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
  // There are shells that do not take what is quoted for a command.
  return words.map((word) => /^[\w./-]+$/.test(word) ? word : quoted(word)).join(" ");
}

/** ssh: never asks for anything, and shares no connection, since it is ended with the run. */
export function ssh(executable: string): Transport {
  return {
    name: "ssh",
    forwards: true,
    start(host, words, forwards = [], connectMs = LIMITS.sshConnectMs) {
      const { user, name, port } = partsOf(host) ?? { name: host };
      const options = [
        ...(port === undefined ? [] : [`Port=${port}`]),
        "BatchMode=yes",
        `ConnectTimeout=${connectMs / 1000}`,
        "ControlMaster=no",
        "ControlPath=none",
        // The ports that were found for the forwards are told at this level only.
        ...(forwards.length > 0 ? ["ExitOnForwardFailure=yes", "LogLevel=INFO"] : []),
      ];
      return {
        command: executable,
        args: [
          "-T",
          "-x",
          ...options.flatMap((option) => ["-o", option]),
          ...forwards.flatMap((to) => ["-R", `127.0.0.1:0:${to}`]),
          user === undefined ? name : `${user}@${name}`,
          quote(words),
        ],
      };
    },
  };
}

/**
 * Slurm's srun: a step on one node that shares it with other steps of the job.
 *
 * @param processors how many a host's step may use
 * @param group a host's group in a heterogeneous job
 */
export function srun(
  processors: (host: string) => number,
  group: (host: string) => number | undefined = () => undefined,
): Transport {
  return {
    name: "srun",
    forwards: false,
    start: (host, words) => ({
      command: "srun",
      args: [
        "--overlap",
        "--nodes=1",
        "--ntasks=1",
        `--cpus-per-task=${processors(host)}`,
        `--nodelist=${host}`,
        ...(group(host) === undefined ? [] : [`--het-group=${group(host)}`]),
        "--quiet",
        ...words,
      ],
    }),
  };
}

/** SGE's qrsh, which puts a task under the control of the job; a shell joins its arguments. */
export function qrsh(): Transport {
  return {
    name: "qrsh",
    forwards: false,
    start: (host, words) => ({ command: "qrsh", args: ["-inherit", host, quote(words)] }),
  };
}
