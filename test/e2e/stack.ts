import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { labels, portOffsets, serverNames } from "#model/names.ts";
import { dockerEngine } from "#providers/docker/engine.ts";
import { localListener } from "#providers/docker/localListener.ts";

export const repository = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  /** Standard output and error as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** Runs a program to its end; a failure is a result, not an exception. */
export function run(command: string, args: string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? repository,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, stdout, output }));
  });
}

/** The stack config below `kilocode-mcp:`, keys without namespace. */
export type StackConfig = Record<string, unknown>;

/** Most tests need one server only, and an update of all four takes twice the time. */
const postgresAlone = Object.fromEntries(
  serverNames.filter((name) => name !== "postgres").map((name) => [name, { enabled: false }]),
);

/** A real stack with a state, a configuration and ports of its own; plain `pulumi` runs it. */
export class TestStack {
  readonly name = `t${randomBytes(3).toString("hex")}`;
  readonly prefix = `kilocode-mcp-${this.name}`;
  readonly passphrase = randomBytes(12).toString("hex");
  /** For whatever belongs to the stack alone; removed with it. */
  readonly folder = mkdtempSync(join(tmpdir(), "kilocode-e2e-"));
  readonly configFile = join(this.folder, `Pulumi.${this.name}.yaml`);
  readonly env: Record<string, string>;
  readonly stateFolder: string;
  portBase = 0;
  private readonly servers: StackConfig;

  private constructor(servers: StackConfig) {
    this.servers = servers;
    this.stateFolder = join(this.folder, "state");
    mkdirSync(this.stateFolder, { recursive: true });
    this.env = {
      PULUMI_BACKEND_URL: `file://${this.stateFolder}`,
      PULUMI_CONFIG_PASSPHRASE: this.passphrase,
      PULUMI_STACK: this.name,
    };
  }

  /**
   * @param config replaces what the stack would have by default: development settings on free ports.
   * @param servers `all`, or the postgres server alone
   */
  static async create(
    config: StackConfig = {},
    servers: "all" | "postgres" = "postgres",
  ): Promise<TestStack> {
    const stack = new TestStack(servers === "all" ? {} : postgresAlone);
    stack.portBase = await freePortBase();
    stack.configure({ environment: "dev", ...config });
    const made = await stack.pulumi(["stack", "init", stack.name]);
    stack.tidyCheckout();
    if (made.code !== 0) throw new Error(made.output);
    return stack;
  }

  configure(config: StackConfig): void {
    const all: StackConfig = { network: { portBase: this.portBase }, servers: this.servers, ...config };
    const entries = Object.entries(all).map(([key, value]) => [`kilocode-mcp:${key}`, value]);
    // JSON is YAML.
    writeFileSync(this.configFile, JSON.stringify({ config: Object.fromEntries(entries) }, null, 2));
  }

  /** Writes a file beside the stack's configuration and returns its path. */
  writeFile(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  pulumi(args: string[], options: RunOptions = {}): Promise<Finished> {
    const withConfig = ["up", "preview", "destroy", "refresh", "config"].includes(args[0]!)
      ? [...args, "--config-file", this.configFile]
      : args;
    return run("pulumi", ["--non-interactive", "--color", "never", ...withConfig], {
      ...options,
      env: { ...this.env, ...options.env },
    });
  }

  up(args: string[] = [], options: RunOptions = {}): Promise<Finished> {
    return this.pulumi(["up", "--yes", "--skip-preview", ...args], options);
  }

  async outputs<T>(): Promise<T> {
    const { stdout } = await this.pulumi(["stack", "output", "--json", "--show-secrets"]);
    return JSON.parse(stdout) as T;
  }

  /** Every Docker object that carries the stack's labels, `kind name`. */
  async objects(): Promise<string[]> {
    const engine = dockerEngine({});
    const filters = { label: [`${labels.stack}=${this.name}`] };
    const [containers, networks, volumes] = await Promise.all([
      engine.listContainers({ all: true, filters }),
      engine.listNetworks({ filters }),
      engine.listVolumes({ filters }),
    ]);
    return [
      ...containers.map(({ Names }) => `container ${Names[0]!.slice(1)}`),
      ...networks.map(({ Name }) => `network ${Name}`),
      ...volumes.Volumes.map(({ Name }) => `volume ${Name}`),
    ].sort();
  }

  /** Removes everything, also after a failure half-way. */
  async remove(): Promise<void> {
    await this.pulumi(["destroy", "--yes", "--skip-preview"]);
    const engine = dockerEngine({});
    for (const object of await this.objects()) {
      const [kind, name] = object.split(" ") as [string, string];
      if (kind === "container") await engine.getContainer(name).remove({ force: true });
      if (kind === "network") await engine.getNetwork(name).remove();
      if (kind === "volume") await engine.getVolume(name).remove({ force: true });
    }
    rmSync(this.folder, { recursive: true, force: true });
    this.tidyCheckout();
  }

  /** Commands that know no `--config-file` leave one in the checkout; it holds no more than the state does. */
  private tidyCheckout(): void {
    rmSync(join(repository, `Pulumi.${this.name}.yaml`), { force: true });
  }
}

/** A base of which every port that a stack publishes is free. */
async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const base = 20_000 + 10 * Math.floor(Math.random() * 1_000);
    const holders = await Promise.all(
      Object.values(portOffsets).map((offset) => localListener("127.0.0.1", base + offset)),
    );
    if (holders.every((holder) => holder === undefined)) return base;
  }
  throw new Error("no free ports between 20000 and 30432");
}
