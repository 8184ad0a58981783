/**
 * The first thing that runs on another host: a module that stands in the command line itself, so
 * that nothing has to be there but Deno. It tells what the host is, unpacks a shipment if one
 * comes, and hands over to `launch/agent.ts`.
 *
 * @module
 */

import { MARK, SHIPMENT_FOLDER } from "./agent_messages.ts";
import { removeForsakenFrom, temporaryPrefix } from "../wire/temporary.ts";
import { unpack } from "./ship.ts";

/** The bootstrap as a module that Deno can be told to run. */
export function bootstrapModule(): string {
  const constants = JSON.stringify({ mark: MARK, placeholder: SHIPMENT_FOLDER });
  const parts = [unpack, temporaryPrefix, removeForsakenFrom].join(", ");
  const source = `(${bootstrap})(${parts}, ${constants});`;
  return `data:text/javascript;base64,${new TextEncoder().encode(source).toBase64()}`;
}

/** Runs on the other host. Self-contained, since only its text gets there. */
async function bootstrap(
  unpackShipment: (bytes: Uint8Array, folder: string) => Promise<void>,
  prefixOf: (kind: string) => string,
  removeForsaken: (folder: string, prefixOf: (kind: string) => string) => Promise<void>,
  { mark, placeholder }: { mark: string; placeholder: string },
): Promise<void> {
  const [launcherAddress = ""] = (Deno.env.get("SSH_CONNECTION") ?? "").split(" ");
  const isThere = (path: string) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  };
  console.log(
    mark + JSON.stringify({
      deno: Deno.version.deno,
      executable: Deno.execPath(),
      os: Deno.build.os,
      arch: Deno.build.arch,
      // As zeromq's loader tells them apart.
      libc: isThere("/etc/alpine-release") ? "musl" : "glibc",
      hostname: Deno.hostname(),
      launcherAddress,
      cwd: Deno.cwd(),
    }),
  );
  let folder = "";
  const remove = () => {
    // Something may just be written there; what is left then is for the next visitor.
    for (let tries = 0; tries < 3 && folder !== ""; tries++) {
      try {
        Deno.removeSync(folder, { recursive: true });
        return;
      } catch {
        // Once more.
      }
    }
  };
  const leave = () => {
    remove();
    Deno.exit(0);
  };
  const signals = (["SIGTERM", "SIGHUP", "SIGINT"] as const)
    .filter((signal) => Deno.build.os !== "windows" || signal !== "SIGTERM");
  for (const signal of signals) Deno.addSignalListener(signal, leave);
  // A file that may not become so large is an error then, and what was written can be removed.
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGXFSZ", () => {});
  let doing = "agent";
  let place = "";
  try {
    const reader = Deno.stdin.readable.getReader();
    let held: Uint8Array<ArrayBuffer> = new Uint8Array();
    const more = async () => {
      const { done, value } = await reader.read();
      // Ended before it began.
      if (done) return leave();
      const both = new Uint8Array(held.length + value.length);
      both.set(held);
      both.set(value, held.length);
      held = both;
    };
    while (!held.includes(10)) await more();
    const end = held.indexOf(10);
    const opening = JSON.parse(new TextDecoder().decode(held.subarray(0, end)));
    held = held.slice(end + 1);
    if (opening.shipment > 0) {
      doing = "folder";
      place = Deno.env.get("TMPDIR") || Deno.env.get("TMP") || Deno.env.get("TEMP") || "/tmp";
      await removeForsaken(place, prefixOf);
      folder = await Deno.makeTempDir({ prefix: prefixOf("ship") });
      const bytes = new Uint8Array(opening.shipment);
      let have = Math.min(held.length, bytes.length);
      bytes.set(held.subarray(0, have));
      held = held.slice(have);
      while (have < bytes.length) {
        const { done, value } = await reader.read();
        if (done) return leave();
        const taken = value.subarray(0, bytes.length - have);
        bytes.set(taken, have);
        have += taken.length;
        held = value.slice(taken.length);
      }
      doing = "unpack";
      await unpackShipment(bytes, folder);
    }
    doing = "agent";
    const agent = await import(opening.agent.replace(placeholder, folder));
    const stopListening = () => {
      for (const signal of signals) Deno.removeSignalListener(signal, leave);
    };
    const libraries = opening.libraries.map((name: string) => `${folder}/${name}`);
    doing = "library";
    await agent.serve({ reader, rest: held, folder, libraries, stopListening });
  } catch (error) {
    remove();
    const { message, path = place } = error as Error & { path?: string };
    console.log(JSON.stringify({ failed: doing, message, path }));
    Deno.exit(1);
  }
}
