/**
 * The last resort against what is left behind: when the launcher is killed so that it cannot clean
 * up (`kill -9`), a tiny shell process does.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { LOCK_PREFIX } from "./lock_copy.ts";
import { killGroup, within } from "./process.ts";
import { FOLDER_PREFIX, PROCESSES, SHIPMENT_PREFIX } from "./run_folder.ts";

/**
 * It reads, line by line, which processes live; "end" is the launcher's farewell. When its input
 * ends without one, the launcher has died, and whoever lives still is killed, group and all. Then
 * the run's folder is removed, or a shipment's, and the copy of the lock file: nothing else can be
 * taken for one of these.
 *
 * Where there is a folder the processes are told in a file there. What is written to a file is
 * there at once; what is written to a pipe waits for the launcher's event loop, and would be lost
 * with a launcher that dies right after a start.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM PIPE
folder=$1
shared=$2
lock=$3
pids=
obey() {
  case $1 in
    add) pids="$pids $2" ;;
    remove)
      others=
      for each in $pids; do [ "$each" = "$2" ] || others="$others $each"; done
      pids=$others ;;
    end) exit 0 ;;
  esac
}
while read -r word pid; do obey "$word" "$pid"; done
if [ -r "$folder/${PROCESSES}" ]; then
  while read -r word pid; do obey "$word" "$pid"; done <"$folder/${PROCESSES}"
fi
for each in $pids; do
  kill -s KILL -- "-$each" 2>/dev/null || kill -s KILL "$each" 2>/dev/null
done
for each in "$folder" "$shared"; do
  case \${each##*/} in
    ${FOLDER_PREFIX}?* | ${SHIPMENT_PREFIX}?*) [ -d "$each" ] && [ ! -L "$each" ] && rm -rf -- "$each" ;;
  esac
done
case \${lock##*/} in
  ${LOCK_PREFIX}?*) rm -f -- "$lock" ;;
esac
exit 0
`;

/** What a reaper is told at its beginning. */
export interface ReaperOptions {
  /** The run's folder, or a shipment's, to be removed when the launcher has gone without a farewell. */
  readonly folder?: string | undefined;
  /** What belongs to it elsewhere, and is removed with it. */
  readonly shared?: string | undefined;
  /** The copy of the program's lock file, to be removed as well. */
  readonly lock?: string | undefined;
  readonly shell?: string;
}

/** Watches over the processes of one run. */
export interface Reaper {
  /** The process is to be killed when the launcher dies. */
  watch(pid: number): void;
  /** Nothing is left of the process and its group, whose number may soon belong to others. */
  forget(pid: number): void;
  /** Fulfilled when the reaper can know what it was told so far. */
  told(): Promise<void>;
  /** Ends the reaper; before that, if it still watches anybody, it kills them and removes the folder. */
  killAll(): Promise<void>;
  /** Ends the reaper without killing anybody. */
  close(): Promise<void>;
  /** It does not keep this process alive. */
  unref(): void;
}

/** Starts a reaper; where there is no `sh`, one that does nothing. */
export function startReaper(options: ReaperOptions = {}): Reaper {
  const { folder = "", shared = "", lock = "", shell = "sh" } = options;
  let child: Deno.ChildProcess;
  try {
    if (Deno.build.os === "windows") return ABSENT;
    child = new Deno.Command(shell, {
      args: ["-c", SCRIPT, "scoop-reaper", folder, shared, lock],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      // In a session of its own: what kills the launcher's group must not kill it too.
      detached: true,
    }).spawn();
  } catch {
    return ABSENT;
  }
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const file = openProcesses(folder);
  let told = Promise.resolve();
  // Without a reaper the run goes on, so a failing write is no error.
  const tell = (line: string) => {
    return told = writer.write(encoder.encode(`${line}\n`)).catch(() => {});
  };
  const note = (line: string) => {
    if (file === undefined) return void tell(line);
    try {
      file.writeSync(encoder.encode(`${line}\n`));
    } catch {
      // No room.
      void tell(line);
    }
  };
  const living = new Set<number>();
  let over = false;
  let exited = false;
  void child.status.then(() => exited = true);
  const end = async () => {
    over = true;
    await writer.close().catch(() => {});
    // One that was stopped goes on, and does what is left to do.
    killGroup(child.pid, "SIGCONT", !exited);
    if (!await within(child.status, LIMITS.endMs)) {
      for (const pid of [child.pid, ...living]) killGroup(pid, "SIGKILL");
    }
    file?.close();
  };
  const close = async () => {
    await tell("end");
    await end();
  };
  return {
    watch(pid) {
      living.add(pid);
      if (!over) note(`add ${pid}`);
    },
    forget(pid) {
      living.delete(pid);
      if (!over) note(`remove ${pid}`);
    },
    told: () => told,
    // What it would do then takes 6 ms, and is done by whoever ends it as well.
    killAll: () => living.size === 0 ? close() : end(),
    close,
    unref: () => child.unref(),
  };
}

function openProcesses(folder: string): Deno.FsFile | undefined {
  if (folder === "") return undefined;
  try {
    return Deno.openSync(`${folder}/${PROCESSES}`, { create: true, append: true });
  } catch {
    return undefined;
  }
}

const ABSENT: Reaper = {
  watch() {},
  forget() {},
  told: () => Promise.resolve(),
  killAll: () => Promise.resolve(),
  close: () => Promise.resolve(),
  unref() {},
};
