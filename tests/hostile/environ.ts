/** The variables that a process was started with; none when it has ended. */
export function variablesOf(pid: number): Map<string, string> {
  let text: string;
  try {
    text = Deno.readTextFileSync(`/proc/${pid}/environ`);
  } catch {
    return new Map();
  }
  return new Map(
    text.split("\0").map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
