/**
 * Serves the dashboard: one page that shows a run while it goes on, and the run's numbers for
 * scripts.
 *
 * @module
 */

import { LIMITS } from "../../wire/limits.ts";
import { setTimeout } from "../../wire/timers.ts";
import type { RunModel } from "../run_model.ts";
import { statsOf } from "../stats.ts";
import { admit, isLoopback, makeToken } from "./admission.ts";
import { PAGE_FILES } from "./files.ts";
import { createNews, eventStream } from "./news.ts";

/** What the dashboard shows, and where. */
export interface DashboardOptions {
  readonly model: RunModel;
  /** The address it listens on; loopback by default, any other wants a token. */
  readonly host?: string;
  /** 0 for any that is free. */
  readonly port?: number;
  /** True when another port will do if this one is taken. */
  readonly anyPort?: boolean;
  /** The clock, in milliseconds since 1970. */
  now?(): number;
  /** Further pages by their paths, such as "/metrics". */
  readonly pages?: Pages;
}

/** A dashboard that is served. It does not keep its process alive. */
export interface Dashboard {
  /** Where it is, its token included. */
  readonly url: string;
  /** To be called when the model has taken in events; it costs next to nothing. */
  changed(): void;
  /** Tells all open pages how the run stands at last, and stops. */
  end(): Promise<void>;
}

/**
 * Begins to serve.
 *
 * @throws {Error} with one line that says why it cannot
 */
export function serveDashboard(options: DashboardOptions): Dashboard {
  const { model, host = "127.0.0.1", now = Date.now } = options;
  const news = createNews(model, now);
  const token = isLoopback(host) ? undefined : makeToken();
  const aborted = new AbortController();
  const feeds = new Set<Promise<void>>();
  let port = options.port ?? 0;

  const feed = (): Response => {
    if (feeds.size >= LIMITS.mostPages) {
      return plain(`there are ${LIMITS.mostPages} pages open already\n`, 503);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    feeds.add(promise);
    const close = () => {
      feeds.delete(promise);
      resolve();
    };
    return new Response(eventStream(news.follow(), close), {
      headers: { "content-type": "text/event-stream", ...SAFE },
    });
  };
  const pages: Pages = {
    "/feed": feed,
    "/data.json": () => Response.json(statsOf(model, now()), { headers: SAFE }),
    ...options.pages,
  };
  const server = listen(host, port, options, aborted.signal, (request) => {
    return answer(request, pages, token, port);
  });
  server.unref();
  port = server.addr.port;
  return {
    url: `http://${nameOf(host)}:${port}/${token === undefined ? "" : `?token=${token}`}`,
    changed: news.changed,
    async end() {
      server.ref();
      news.end();
      // Who reads too slowly hears no more.
      const timer = setTimeout(() => aborted.abort(), LIMITS.pageLastMs);
      await Promise.all(feeds);
      await server.shutdown();
      clearTimeout(timer);
    },
  };
}

/** What answers to which path. */
export type Pages = Readonly<Record<string, (request: Request) => Response | Promise<Response>>>;

function answer(
  request: Request,
  pages: Pages,
  token: string | undefined,
  port: number,
): Response | Promise<Response> {
  // It has the host in it, which is whatever the other side says.
  const url = URL.parse(request.url);
  if (url === null) return plain("an address was expected in the request's Host\n", 400);
  const { pathname, searchParams } = url;
  const visit = {
    host: request.headers.get("host") ?? "",
    cookies: request.headers.get("cookie") ?? "",
    token: searchParams.get("token"),
  };
  const admission = admit(visit, token, port);
  if (admission.kind === "refused") return plain(`${admission.why}\n`, 403);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return plain("this can only be read\n", 405);
  }
  if (pathname === "/" && admission.kind === "greeted") {
    // The token is not to stay in the address, which people send to each other.
    const headers = { location: "./", "set-cookie": admission.cookie, ...SAFE };
    return new Response(null, { status: 303, headers });
  }
  const page = Object.hasOwn(pages, pathname) ? pages[pathname] : undefined;
  if (page !== undefined) return Promise.resolve(page(request)).then(safe);
  const name = pathname === "/" ? "/index.html" : pathname;
  const file = Object.hasOwn(PAGE_FILES, name) ? PAGE_FILES[name] : undefined;
  if (file === undefined) return plain(`there is no ${pathname} here\n`, 404);
  return new Response(file.text, { headers: { "content-type": file.type, ...SAFE } });
}

/** As it stands in an address; one that means all of this host's is named by the host. */
function nameOf(host: string): string {
  if (/^(0\.0\.0\.0|\[?::\]?)$/.test(host)) return Deno.hostname();
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** For every answer: nothing of it is kept, and no page of others has a use for it. */
const SAFE: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

function safe(response: Response): Response {
  for (const [name, value] of Object.entries(SAFE)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  return response;
}

function plain(text: string, status: number): Response {
  return new Response(text, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...SAFE },
  });
}

function listen(
  host: string,
  port: number,
  { anyPort }: { readonly anyPort?: boolean },
  signal: AbortSignal,
  handler: (request: Request) => Response | Promise<Response>,
): Deno.HttpServer<Deno.NetAddr> {
  const hostname = host.replace(/^\[(.*)\]$/, "$1");
  try {
    const onError = () => plain("the dashboard could not answer\n", 500);
    return Deno.serve({ hostname, port, signal, onListen: () => {}, onError }, handler);
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AddrInUse;
    if (isTaken && anyPort) return listen(host, 0, {}, signal, handler);
    const why = isTaken
      ? "the port is taken: name another one, or 0 for any"
      : (error as Error).message.split("\n")[0];
    throw new Error(`the dashboard cannot listen at ${host}:${port}: ${why}`);
  }
}
