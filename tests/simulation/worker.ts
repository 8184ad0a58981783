/**
 * A worker's process in the simulation: the product's own worker, on a virtual host.
 *
 * @module
 */

import type { FunctionHandle } from "../../futures/function_handle.ts";
import type { BrokerAddress } from "../../wire/addresses.ts";
import type { Message } from "../../wire/messages.ts";
import type { Environment } from "../../worker/environment.ts";
import type { LinkEvents } from "../../worker/worker_link.ts";
import { WorkerRuntime } from "../../worker/runtime.ts";
import type { Connection } from "./network.ts";
import { VirtualLink } from "./link.ts";
import { Process } from "./process.ts";
import { Bodies } from "./program.ts";
import type { Home } from "./program.ts";
import type { Run } from "./simulation.ts";
import { VirtualHost } from "./virtual_host.ts";

/** Tells the run what it would tell a person. */
class Runtime extends WorkerRuntime {
  told: ((text: string) => void) | undefined;

  override report(text: string): void {
    this.told?.(text);
  }
}

/** See the module's text. */
export class Worker implements Home {
  readonly process: Process;
  readonly runtime: Runtime;
  readonly bodies: Bodies;
  readonly isOrigin: boolean;
  #link: VirtualLink | undefined;
  #host: VirtualHost;

  /** @param broker the number of its broker */
  constructor(private readonly run: Run, readonly name: string, readonly broker: number) {
    const { clock, options, specs } = run;
    this.isOrigin = name === "origin";
    this.process = new Process(name, clock, () => run.handled(this));
    this.bodies = new Bodies(specs, this, run);
    this.#host = new VirtualHost(
      this.process,
      (environment, events) => this.process.after(0, () => this.#connect(environment, events)),
      this.bodies.call,
      (name) => void this.runtime.getConstant(name).catch(() => {}),
    );
    const environment = {
      ...{ isOrigin: this.isOrigin, workerName: name, brokerName: "broker" },
      ...{ brokerAddress: `broker ${broker}`, metaAddress: "", key: "", keys: undefined },
      ...{ others: this.#others(), brokerGraceMs: options.brokerGraceMs ?? 0 },
      ...{ size: options.workers, program: "", verbosity: -1 },
    };
    this.runtime = new Runtime(environment, { prepare: () => undefined }, this.#host);
    this.runtime.told = (text) => run.reported(this, text);
  }

  /** Its connection to a broker, if there is one. */
  get connection(): Connection | undefined {
    return this.#link?.connection;
  }

  /** The number of the broker that it has a link to. */
  get at(): number {
    return this.#link?.broker ?? this.broker;
  }

  /** The brokers after its own, around. */
  #others(): BrokerAddress[] {
    const { brokers = 1 } = this.run.options;
    return Array.from({ length: brokers - 1 }, (_, i) => {
      return { task: `broker ${(this.broker + i + 1) % brokers}`, meta: "" };
    });
  }

  handle(fn: string): FunctionHandle {
    return this.#host.handle(fn);
  }

  keep(name: string): void {
    this.#host.keep(name);
  }

  #connect(environment: Environment, events: LinkEvents): void {
    const broker = Number(environment.brokerAddress.slice("broker ".length));
    const link = new VirtualLink(this.run, this.process, broker, {
      ...events,
      message: (numbered) => {
        events.message(numbered);
        this.#host.heard(numbered);
      },
    });
    this.#link = link;
    const close = () => {
      const closed = link.close();
      // Otherwise it goes to another broker.
      if (!this.runtime.reactor.connection.wantsLink) this.#closed();
      return closed;
    };
    const shown = {
      send: (message: Message, number: number) => link.send(message, number),
      together: (sends: () => void) => link.together(sends),
      hold: () => {},
      close,
    };
    events.opened(shown, environment);
  }

  /** The run is over for it: a worker's process ends, the program goes on. */
  #closed(): void {
    if (!this.isOrigin) this.die("exit code 0");
  }

  die(reason: string): void {
    if (!this.process.alive) return;
    this.process.end();
    this.run.clock.at(this.process.now, () => {
      this.connection?.clientEnds();
      this.run.launcher.exited(this, reason);
    });
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.runtime.reactor.check();
  }
}
