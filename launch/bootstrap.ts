/**
 * The first thing that runs on another host: a module that stands in the command line itself, so
 * that nothing has to be there but Deno. It tells what the host is, unpacks a shipment if one
 * comes, and hands over to `launch/agent.ts`.
 *
 * @module
 */

import { MARK, NO_DENO, NO_FOLDER, NO_PROLOG, SHIPMENT_FOLDER } from "./agent_messages.ts";
import { temporaryPrefix } from "../wire/temporary.ts";
import { unpack } from "./ship.ts";

/**
 * The words of the command that starts the bootstrap.
 *
 * @param candidates Deno's executable there: the first of these that exists; "~" is the home folder
 * @param folder where to start it, empty for the home folder; must exist when `strict`
 * @param prolog a shell script to source before, or empty
 */
export function bootstrapCommand(
  candidates: readonly string[],
  folder: string,
  strict: boolean,
  prolog: string,
): string[] {
  const module = `data:text/javascript;base64,${new TextEncoder().encode(source()).toBase64()}`;
  return ["sh", "-c", SCRIPT, "scoop", folder, strict ? "yes" : "", prolog, module, ...candidates];
}

const SCRIPT = `
folder=$1 strict=$2 prolog=$3 module=$4
shift 4
if [ -n "$prolog" ]; then
  [ -r "$prolog" ] || exit ${NO_PROLOG}
  . "$prolog" || exit ${NO_PROLOG}
fi
if [ -n "$folder" ]; then cd "$folder" 2>/dev/null || [ -z "$strict" ] || exit ${NO_FOLDER}; fi
for each; do
  case $each in "~/"*) each=$HOME/\${each#"~/"} ;; esac
  if command -v "$each" >/dev/null 2>&1; then
    exec "$each" run -A --no-config --no-lock --no-prompt --quiet "$module"
  fi
done
exit ${NO_DENO}
`;

function source(): string {
  const constants = JSON.stringify({ mark: MARK, placeholder: SHIPMENT_FOLDER });
  return `(${bootstrap})(${unpack}, ${temporaryPrefix}, ${constants});`;
}

/** Runs on the other host. Self-contained, since only its text gets there. */
async function bootstrap(
  unpackShipment: (bytes: Uint8Array, folder: string) => Promise<void>,
  prefixOf: (kind: string) => string,
  { mark, placeholder }: { mark: string; placeholder: string },
): Promise<void> {
  const [launcherAddress = ""] = (Deno.env.get("SSH_CONNECTION") ?? "").split(" ");
  const facts = {
    deno: Deno.version.deno,
    executable: Deno.execPath(),
    os: Deno.build.os,
    arch: Deno.build.arch,
    launcherAddress,
  };
  console.log(mark + JSON.stringify(facts));
  const reader = Deno.stdin.readable.getReader();
  let held: Uint8Array<ArrayBuffer> = new Uint8Array();
  const more = async () => {
    const { done, value } = await reader.read();
    // Ended before it began.
    if (done) Deno.exit(0);
    const both = new Uint8Array(held.length + value.length);
    both.set(held);
    both.set(value, held.length);
    held = both;
  };
  while (!held.includes(10)) await more();
  const end = held.indexOf(10);
  const opening = JSON.parse(new TextDecoder().decode(held.subarray(0, end)));
  held = held.slice(end + 1);
  let folder = "";
  if (opening.shipment > 0) {
    folder = await Deno.makeTempDir({ prefix: prefixOf("ship") });
    const bytes = new Uint8Array(opening.shipment);
    let have = Math.min(held.length, bytes.length);
    bytes.set(held.subarray(0, have));
    held = held.slice(have);
    while (have < bytes.length) {
      const { done, value } = await reader.read();
      if (done) {
        Deno.removeSync(folder, { recursive: true });
        Deno.exit(0);
      }
      const taken = value.subarray(0, bytes.length - have);
      bytes.set(taken, have);
      have += taken.length;
      held = value.slice(taken.length);
    }
    try {
      await unpackShipment(bytes, folder);
    } catch (error) {
      Deno.removeSync(folder, { recursive: true });
      throw error;
    }
  }
  const agent = await import(opening.agent.replace(placeholder, folder));
  await agent.serve({ reader, rest: held, folder });
}
