/**
 * Other hosts that are this one: an `ssh` that starts its command here, for what can be tried
 * without any host. What it is asked for depends on the host's name.
 *
 * @module
 */

import { inFolder } from "../faults/running.ts";

const SCRIPT = `#!/bin/sh
# Takes ssh's options off, leaves the host and the command.
while :; do
  case $1 in
    -o|-R) shift 2 ;;
    # It has no configuration to tell of.
    -G) exit 1 ;;
    -*) shift ;;
    *) break ;;
  esac
done
host=$1
shift
case $host in
  locked) echo "me@locked: Permission denied (publickey)." >&2; exit 255 ;;
  nowhere) echo "ssh: Could not resolve hostname nowhere: Name or service not known" >&2; exit 255 ;;
  stranger) echo "Host key verification failed." >&2; exit 255 ;;
  silent) exec sleep 600 ;;
  bare) sed -u "s#$DENO#/nonexistent/deno#" | HOME=/nonexistent PATH="\${0%/*}/bare" sh -c "$*" ;;
  old) echo "Welcome to old!"; printf '\\036scoop {"deno":"1.0.0","executable":"/opt/deno"}\\n'; cat >/dev/null ;;
  chatty) echo "You have mail."; exec sh -c "$*" ;;
  *) SSH_CONNECTION="127.0.0.1 1 127.0.0.1 22" exec sh -c "$*" ;;
esac
`;

/** Calls `use` with flags that make the command use such an ssh. */
export function withFakeSsh(use: (flags: string[], folder: string) => Promise<void>) {
  return inFolder(async (folder) => {
    const file = `${folder}/ssh`;
    const script = SCRIPT.replace("$DENO", Deno.execPath());
    // All that is on its PATH, whatever this host has.
    await Deno.mkdir(`${folder}/bare`);
    await Deno.symlink("/bin/sh", `${folder}/bare/sh`);
    await Deno.writeTextFile(file, script, { mode: 0o755 });
    await use(["--ssh-executable", file], folder);
  });
}
