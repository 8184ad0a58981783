/**
 * The last resort against processes left behind: when the launcher is killed so that it cannot
 * clean up (`kill -9`), a tiny shell process does.
 *
 * @module
 */

/**
 * It reads, line by line, which processes live; "end" is the launcher's farewell. When its input
 * ends without one, the launcher has died, and whoever lives still is killed, group and all.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM PIPE
pids=
while read -r word pid; do
  case $word in
    add) pids="$pids $pid" ;;
    remove)
      others=
      for each in $pids; do [ "$each" = "$pid" ] || others="$others $each"; done
      pids=$others ;;
    end) exit 0 ;;
  esac
done
for each in $pids; do
  kill -s KILL -- "-$each" 2>/dev/null || kill -s KILL "$each" 2>/dev/null
done
exit 0
`;

/** Watches over the processes of one run. */
export interface Reaper {
  /** The process is to be killed when the launcher dies. */
  watch(pid: number): void;
  /** The process has ended, and its number may soon belong to somebody else. */
  forget(pid: number): void;
  /** Fulfilled when the reaper can know what it was told so far. */
  told(): Promise<void>;
  /** Ends the reaper; before that, it kills whoever it still watches. */
  killAll(): Promise<void>;
  /** Ends the reaper without killing anybody. */
  close(): Promise<void>;
}

/** Starts a reaper; where there is no `sh`, one that does nothing. */
export function startReaper(shell = "sh"): Reaper {
  let child: Deno.ChildProcess;
  try {
    if (Deno.build.os === "windows") return ABSENT;
    child = new Deno.Command(shell, {
      args: ["-c", SCRIPT],
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
  let told = Promise.resolve();
  // Without a reaper the run goes on, so a failing write is no error.
  const tell = (line: string) => {
    return told = writer.write(encoder.encode(`${line}\n`)).catch(() => {});
  };
  return {
    watch: (pid) => void tell(`add ${pid}`),
    forget: (pid) => void tell(`remove ${pid}`),
    told: () => told,
    async killAll() {
      await writer.close().catch(() => {});
      await child.status;
    },
    async close() {
      await tell("end");
      await writer.close().catch(() => {});
      await child.status;
    },
  };
}

const ABSENT: Reaper = {
  watch() {},
  forget() {},
  told: () => Promise.resolve(),
  killAll: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
