/**
 * A worker's process in the simulation: the product's own worker, on a virtual host.
 *
 * @module
 */

import type { FunctionHandle } from "../../futures/function_handle.ts";
import { readMessage, writeMessage } from "../../wire/messages.ts";
import type { LinkEvents } from "../../worker/worker_link.ts";
import { WorkerRuntime } from "../../worker/runtime.ts";
import type { Connection } from "./network.ts";
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
  /** Undefined before it is opened. */
  connection: Connection | undefined;
  #host: VirtualHost;

  /** @param broker the number of its broker */
  constructor(private readonly run: Run, readonly name: string, readonly broker: number) {
    const { clock, options, specs } = run;
    this.isOrigin = name === "origin";
    this.process = new Process(name, clock, () => run.handled(this));
    this.bodies = new Bodies(specs, this, run);
    this.#host = new VirtualHost(
      this.process,
      (_environment, events) => this.process.after(0, () => this.#connect(events)),
      this.bodies.call,
    );
    const environment = {
      ...{ isOrigin: this.isOrigin, workerName: name, brokerName: "broker" },
      ...{ brokerAddress: `broker ${broker}`, metaAddress: "", key: "", keys: undefined },
      ...{ size: options.workers, program: "", verbosity: -1 },
    };
    this.runtime = new Runtime(environment, { prepare: () => undefined }, this.#host);
    this.runtime.told = (text) => run.reported(this, text);
  }

  handle(fn: string): FunctionHandle {
    return this.#host.handle(fn);
  }

  #connect(events: LinkEvents): void {
    const { process } = this;
    const connection = this.run.brokers[this.broker]!.accept(this.name, {
      process,
      deliver: (frames) => events.message(readMessage(frames)),
      broke: () => events.broke(),
    }, this.run.delayOf(this.name));
    this.connection = connection;
    const link = {
      send: (message: Parameters<typeof writeMessage>[0], number: number) =>
        connection.toServer(writeMessage(message, number)),
      hold: () => {},
      close: () => {
        this.#closed();
        return Promise.resolve();
      },
    };
    events.opened(link, {
      ...{ isOrigin: this.isOrigin, workerName: this.name, brokerName: "broker" },
      ...{ brokerAddress: `broker ${this.broker}`, metaAddress: "", key: "", keys: undefined },
      ...{ size: 1, program: "", verbosity: -1 },
    });
  }

  /** The run is over for it: a worker's process ends, the program goes on. */
  #closed(): void {
    if (!this.isOrigin) return this.die("exit code 0");
    this.run.clock.at(this.process.now, () => this.connection?.clientEnds());
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
