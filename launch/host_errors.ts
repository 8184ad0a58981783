/**
 * Why a host cannot be used, in one line that names it and what to do.
 *
 * @module
 */

import { NO_DENO, NO_FOLDER, NO_PROLOG } from "./agent_messages.ts";

/** A host cannot be used. */
export class HostError extends Error {
  override name = "HostError";

  /**
   * @param host the host's name
   * @param why what is wrong and what to do
   */
  constructor(readonly host: string, readonly why: string) {
    super(`${host}: ${why}`);
  }
}

/** What ssh says, and what it means. */
const COMPLAINTS: readonly (readonly [RegExp, string])[] = [
  [
    /Permission denied/i,
    "it refused the key: put your public key there (ssh-copy-id), or load it into ssh-agent",
  ],
  [
    /Host key verification failed|HOST IDENTIFICATION HAS CHANGED/i,
    "its host key is not known here: connect once by hand with ssh, and check it",
  ],
  [/Could not resolve hostname/i, "there is no host of this name: check it, or your ssh config"],
  [/Connection refused/i, "nothing listens for ssh there: is sshd running?"],
  [
    /timed out|No route to host|Network is unreachable|Host is down/i,
    "it cannot be reached: is it on, and on this network?",
  ],
  [/remote port forwarding failed/i, "its sshd does not allow tunnels (AllowTcpForwarding)"],
  [/Invalid node name|not in this job|Requested node configuration/i, "is no node of this job"],
];

/**
 * Why a transport ended before its agent was there.
 *
 * @param command the transport's command, such as "ssh"
 * @param code its exit code
 * @param complaints what it wrote to its standard error
 */
export function explainFailure(
  host: string,
  command: string,
  code: number,
  complaints: readonly string[],
): HostError {
  const text = complaints.join("\n");
  if (code === NO_DENO) {
    return new HostError(
      host,
      "no Deno was found there: install it, or name it with --deno-executable",
    );
  }
  if (code === NO_FOLDER) {
    return new HostError(host, "the folder is not there: name another with --path, or use --ship");
  }
  if (code === NO_PROLOG) {
    return new HostError(host, "the script of --prolog is not there, or fails");
  }
  const detail = complaints.at(-1) ?? `${command} ended with exit code ${code}`;
  const meaning = COMPLAINTS.find(([pattern]) => pattern.test(text))?.[1];
  if (meaning !== undefined) return new HostError(host, `${meaning} (${detail})`);
  if (/Module not found.*agent\.ts|agent\.ts.*Module not found/is.test(text)) {
    return new HostError(
      host,
      "this copy of SCOOP is not there: put it at the same path, or use --ship",
    );
  }
  return new HostError(host, detail.replace(/^error: /, ""));
}
