/**
 * Why a host cannot be used, in one line that names it and what to do.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Failed } from "./agent_messages.ts";

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

/** How far the way to a host's agent has come. */
export interface Progress {
  /**
   * Nothing is known of the other side; its `sh` was reached; the prolog runs; a Deno was found;
   * that runs; the agent is ready.
   */
  step: "login" | "shell" | "prolog" | "deno" | "agent" | "ready";
  /** The Deno that was found. */
  detail: string;
  /** What was written to standard output in this step. */
  printed: string[];
  /** What was written to standard error, since the prolog began if there is one. */
  complaints: string[];
}

/** What ssh, srun and qrsh say, and what it means; the first that fits. */
const COMPLAINTS: readonly (readonly [RegExp, string])[] = [
  [
    /HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i,
    "its host key has changed: if that is no surprise (it was set up anew), remove the old key " +
    "with ssh-keygen -R, and connect once by hand with ssh",
  ],
  [/host key .*revoked/i, "its host key is revoked: ask whoever runs the host"],
  [
    /Host key verification failed|No .* host key is known/i,
    "its host key is not known here: connect once by hand with ssh, and check it",
  ],
  [
    /UNPROTECTED PRIVATE KEY FILE|^Permissions \d+ for/im,
    "your key was not used, since others can read it: chmod 600 the key's file",
  ],
  [
    /Bad owner or permissions on|Bad configuration option|terminating, \d+ bad config/i,
    "ssh does not like its configuration: mend it",
  ],
  [
    /Too many authentication failures/i,
    "it was offered too many keys: name the right one in your ssh config (IdentityFile, " +
    "IdentitiesOnly yes)",
  ],
  [
    /Permission denied/i,
    "it refused the key: put your public key there (ssh-copy-id), or load it into ssh-agent",
  ],
  [/Could not resolve hostname/i, "there is no host of this name: check it, or your ssh config"],
  [/Connection refused/i, "nothing listens for ssh there: is sshd running?"],
  [
    /timed out|No route to host|Network is unreachable|Host is down/i,
    "it cannot be reached: is it on, and on this network?",
  ],
  [/Unable to negotiate|no matching /i, "it and this ssh have no method in common: upgrade one"],
  [/remote port forwarding failed/i, "its sshd does not allow tunnels (AllowTcpForwarding)"],
  [
    /exec request failed|shell request failed|administratively prohibited/i,
    "it starts no commands",
  ],
  [
    /Connection (closed|reset)|banner exchange|kex_exchange_identification|Broken pipe/i,
    "its sshd closed the connection: is the account allowed there, or are there too many " +
    "connections at once (MaxStartups)?",
  ],
  [/Invalid node name|not in this job|Requested node configuration/i, "is no node of this job"],
];

/** Lines of ssh's that come last and say less than those before. */
const EMPTY_WORDS = /^(Host key verification failed\.|Connection to .* closed\.?|@+)$/;

/**
 * Why a transport ended before its agent was there, or while it was.
 *
 * @param command the transport's command, such as "ssh"
 * @param code its exit code
 */
export function explainFailure(
  host: string,
  command: string,
  code: number,
  progress: Progress,
): HostError {
  return new HostError(host, whyEnded(command, code, progress));
}

/** ssh's own exit code, when it is not that of what it has started. */
const SSH_FAILED = 255;

function whyEnded(command: string, code: number, progress: Progress): string {
  const { step, detail, printed, complaints } = progress;
  const own = code === SSH_FAILED || /\b(srun|qrsh)$/.test(command);
  const ended = `${command} ended with exit code ${code}`;
  if (own) {
    const meant = COMPLAINTS.find(([pattern]) => pattern.test(complaints.join("\n")));
    if (meant !== undefined) return `${meant[1]} (${told(complaints, meant[0])})`;
    if (step === "login") return last(complaints) || ended;
  }
  const words = last([...printed, ...complaints]);
  const said = words === "" ? `exit code ${code}` : `exit code ${code}: ${words}`;
  switch (step) {
    case "login":
      if (/\bsh\b.*not found|Unknown command.*\bsh\b/i.test(complaints.join("\n"))) {
        return `its login shell finds no sh: check the PATH there (${said})`;
      }
      return `its login shell did not start what was sent, and ended (${said}): is the account ` +
        "allowed to run commands there (nologin, ForceCommand), or does a start-up file end the shell?";
    case "prolog":
      return `the script of --prolog ended its shell (${said}): it is sourced, so it must not do that`;
    case "deno":
      if (code === 126 || code === 127 || /Exec format|cannot execute/i.test(words)) {
        return `its Deno, ${detail}, cannot be executed there (${said}): allow it (chmod +x, no ` +
          "noexec), install one for this system, or name another with --deno-executable";
      }
      return `its Deno, ${detail}, does not run there (${said}): try it by hand`;
    case "shell":
      return `its sh ended (${said})`;
    case "agent":
      return `its Deno ended while it got ready (${said}): is there a limit on what it may use ` +
        "(ulimit, memory)?";
    case "ready":
      return last(complaints) || ended;
  }
}

/** The last line that tells something, in as few words as it can be. */
function last(lines: readonly string[]): string {
  const error = lines.find((line) => /^(# )?(error:|fatal\b|thread .* panicked)/i.test(line));
  const line = error ?? lines.findLast((line) => !EMPTY_WORDS.test(line) && !/^at /.test(line)) ??
    lines.at(-1) ?? "";
  return short(line.replace(/^(# |error: )/, ""));
}

/** The complaint that a meaning was found for; the last line if that says more. */
function told(complaints: readonly string[], pattern: RegExp): string {
  // Where the old key is, which has to be removed.
  const offending = complaints.find((line) => /^Offending/.test(line));
  if (offending !== undefined) return short(offending);
  return short(complaints.findLast((line) => pattern.test(line)) ?? last(complaints));
}

/** One line must not fill the screen. */
function short(text: string): string {
  const most = 300;
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

/** What the words of `sh` mean that follow "failed". */
export function explainWords(host: string, words: readonly string[], prolog: string): HostError {
  const [what, ...more] = words;
  const path = more.join(" ");
  switch (what) {
    case "prolog":
      return new HostError(
        host,
        `${prolog} (--prolog) is not there, or cannot be read: put it there, or use --ship`,
      );
    case "folder":
      return new HostError(
        host,
        "the folder is not there: name another with --path, or use --ship",
      );
    case "executable":
      return new HostError(
        host,
        `its Deno, ${path}, may not be executed there: allow it (chmod +x, no noexec), or name ` +
          "another with --deno-executable",
      );
    default:
      return new HostError(
        host,
        "no Deno was found there: install it, or name it with --deno-executable",
      );
  }
}

/**
 * What a prolog's end means, where that is worth a word. One that returns something else than 0 has
 * failed if it has complained; if it has printed nothing at all, its last command was a test that
 * is false, and means no harm.
 */
export function judgeProlog(
  path: string,
  { how, code, printed, complaints }: {
    readonly how: string;
    readonly code: number;
    readonly printed: readonly string[];
    readonly complaints: readonly string[];
  },
): { readonly text: string; readonly fails: boolean } | undefined {
  if (how === "missing") {
    return { text: `${path} (--prolog) is not there, or cannot be read`, fails: true };
  }
  if (how === "endless") {
    const text = `${path} (--prolog) does not end within ${LIMITS.prologMs / 1000} s`;
    return { text, fails: true };
  }
  // By an exec, or a trap of its own.
  const isReplaced = how === "replaced";
  if (isReplaced && code === 0) {
    const text =
      `${path} (--prolog) ended its shell: it is sourced, so nothing would come after it`;
    return { text, fails: true };
  }
  if (code === 0) return undefined;
  const words = last([...printed, ...complaints]);
  const said = words === "" ? "it printed nothing" : `it printed: ${words}`;
  const ended = how === "exited" || isReplaced ? "exited" : "ended";
  const text = `${path} (--prolog) ${ended} with exit code ${code} (${said})`;
  if (ended === "exited" || complaints.length > 0) return { text, fails: true };
  return printed.length > 0 ? { text, fails: false } : undefined;
}

/** What an operating system's error says of a folder for temporary files. */
const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [/os error 28\b|No space left/, "is full: make room there"],
  [/os error 122\b|quota/i, "is full for this user (quota): make room there"],
  [/os error 27\b|too large/i, "takes no files of that size: raise the limit (ulimit -f)"],
  [/os error 30\b|Read-only/, "cannot be written to: mount it for writing"],
  [/os error (13|1)\b|Permission denied/, "may not be written to: allow it"],
  [/os error 2\b|No such file/, "is not there: make it"],
];

/** Of a shipment's file, where shipments go. */
function folderOf(path: string): string {
  return path.replace(/\/(scoop-ship-.*|[^/]*)$/, "");
}

/** What the agent, or what comes before it, says when it cannot do its work. */
export function explainFailed(host: string, { failed, message, path }: Failed): HostError {
  // What was being done when it happened is not of interest.
  const text = short(
    message.split("\n")[0]!.replace(/^error: /, "").replace(/: \w+( '.*'?)?$/, ""),
  );
  const otherwise = "name another folder with TMPDIR, as a script of --prolog can";
  switch (failed) {
    case "folder":
    case "unpack": {
      const trouble = TROUBLES.find(([pattern]) => pattern.test(text));
      if (trouble === undefined) return new HostError(host, `cannot take the shipment: ${text}`);
      return new HostError(
        host,
        `its folder for temporary files, ${path}, ${trouble[1]}, or ${otherwise} (${text})`,
      );
    }
    case "library":
      if (!/Could not open library/.test(text)) {
        return new HostError(
          host,
          `its Deno has no zeromq in its cache, and cannot download it (${text}): give it a network, ` +
            "or use --ship",
        );
      }
      if (/failed to map|not permitted|Permission denied/i.test(text)) {
        return new HostError(
          host,
          `nothing may be executed there from where zeromq's library is, ${
            folderOf(path)
          }: mount ` +
            `that without noexec, or ${otherwise}, and use --ship`,
        );
      }
      return new HostError(
        host,
        `zeromq's library does not work there (${text}): its system is too old, or another one`,
      );
    case "agent":
      if (/Module not found.*agent\.ts/s.test(message)) {
        return new HostError(
          host,
          "this copy of SCOOP is not there: put it at the same path, or use --ship",
        );
      }
      return new HostError(
        host,
        `its Deno has not got all that SCOOP imports (${text}): let it download that there, or ` +
          "use --ship",
      );
  }
}
