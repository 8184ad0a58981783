/**
 * A registry as jsr.io is one, as far as Deno's `publish` and `run` look at it. It listens on
 * loopback and keeps what is published in memory.
 *
 * @module
 */

import { readArchive } from "./archive.ts";

/** A registry that runs until it is disposed of. */
export interface Registry extends AsyncDisposable {
  /** For the environment variable JSR_URL. */
  readonly url: string;
  /** Paths of the files of a version, as they were published: "/mod.ts". */
  files(name: string, version: string): string[];
  /** The path of every request, in their order. */
  readonly asked: readonly string[];
  /** Gives the files of one version to another as well, as if they had been published again. */
  again(name: string, from: string, version: string): void;
}

/** One published version of a package. */
interface Version {
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  /** What the registry itself answers for `/@scope/name/1.2.3_meta.json`. */
  readonly meta: unknown;
}

/** Versions by their number, by the package's name with its scope. */
type Packages = Map<string, Map<string, Version>>;

/** Starts a registry without any packages. */
export function startRegistry(): Registry {
  const packages: Packages = new Map();
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(new URL(request.url).pathname);
    return answer(packages, request);
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    asked,
    files: (name, version) => [...packages.get(name)?.get(version)?.files.keys() ?? []],
    again(name, from, version) {
      const versions = packages.get(name)!;
      versions.set(version, versions.get(from)!);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function answer(packages: Packages, request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const [, scope, name, version] =
    /^\/api\/scopes\/([\w-]+)\/packages\/([\w-]+)(?:\/versions\/([\w.-]+))?$/.exec(pathname) ?? [];
  if (scope === undefined) return download(packages, pathname);
  if (request.method !== "POST") {
    // Every package may be published, and no version is there already.
    return version === undefined ? Response.json({ scope, name }) : notFound();
  }
  const files = await readArchive(request.body!);
  const config = JSON.parse(text(files.get(searchParams.get("config")!)!));
  const versions = packages.get(config.name) ?? new Map();
  packages.set(config.name, versions.set(version!, { files, meta: await metaOf(config, files) }));
  return Response.json({ id: crypto.randomUUID(), status: "success", error: null });
}

/** `/@scope/name/meta.json`, `/@scope/name/1.2.3_meta.json`, `/@scope/name/1.2.3/mod.ts`. */
function download(packages: Packages, pathname: string): Response {
  const [, name = "", rest = ""] = /^\/(@[\w-]+\/[\w-]+)\/(.*)$/.exec(pathname) ?? [];
  const versions = packages.get(name);
  if (versions === undefined) return notFound();
  if (rest === "meta.json") {
    const latest = [...versions.keys()].at(-1);
    const numbers = Object.fromEntries([...versions.keys()].map((number) => [number, {}]));
    return Response.json({ name, latest, versions: numbers });
  }
  const [, described] = /^(.*)_meta\.json$/.exec(rest) ?? [];
  if (described !== undefined) {
    const version = versions.get(described);
    return version === undefined ? notFound() : Response.json(version.meta);
  }
  const slash = rest.indexOf("/");
  const file = versions.get(rest.slice(0, slash))?.files.get(rest.slice(slash));
  if (file === undefined) return notFound();
  const type = rest.endsWith(".json") ? "application/json" : "text/typescript";
  return new Response(file, { headers: { "content-type": type } });
}

async function metaOf(
  { exports }: { exports: string | Record<string, string> },
  files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): Promise<unknown> {
  const manifest: Record<string, { size: number; checksum: string }> = {};
  for (const [path, bytes] of files) {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    manifest[path] = { size: bytes.length, checksum: `sha256-${hash.toHex()}` };
  }
  return { exports: typeof exports === "string" ? { ".": exports } : exports, manifest };
}

function notFound(): Response {
  return Response.json({ code: "notFound", message: "not found" }, { status: 404 });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
