// deno run -A cli.ts -n 4 --allow-net=127.0.0.1 examples/url_fetch.ts [URLs…]
/**
 * Fetches web pages from tasks. Workers may do only what the command was allowed to, so the hosts
 * have to be named: `--allow-net=example.com,deno.com`. Without URLs the program is its own web
 * site: the origin serves some slow pages and all workers fetch them.
 *
 * @module
 */

import { map } from "../mod.ts";

/** What was found at a URL. */
export interface Page {
  status: number;
  title: string;
  bytes: number;
}

export async function fetchPage(url: string): Promise<Page> {
  const response = await fetch(url);
  const html = await response.text();
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(html)?.[1] ?? "";
  return { status: response.status, title, bytes: new TextEncoder().encode(html).length };
}

/** A small web site on this machine. */
function serveSite(): { server: Deno.HttpServer<Deno.NetAddr>; urls: string[] } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (pathname === "/7") return new Response("no such page", { status: 404 });
    return new Response(`<title>Page ${pathname.slice(1)}</title>${"<p>word</p>".repeat(100)}`);
  });
  const urls = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `http://127.0.0.1:${server.addr.port}/${n}`);
  return { server, urls };
}

if (import.meta.main) {
  const site = Deno.args.length === 0 ? serveSite() : undefined;
  const urls = site?.urls ?? Deno.args;
  const pages = await map(fetchPage, urls);
  for (const [i, { status, title, bytes }] of pages.entries()) {
    const name = site ? new URL(urls[i]!).pathname : urls[i];
    console.log(`${name}: ${status} "${title}" (${bytes} bytes)`);
  }
  await site?.server.shutdown();
}
