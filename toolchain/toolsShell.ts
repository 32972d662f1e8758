import { constants } from "node:os";
import Docker from "dockerode";
import { paths, serviceUids } from "#model/names.ts";
import type { DockerEndpoint } from "#providers/docker/endpoint.ts";
import type { ToolsPlace } from "./toolsPlace.ts";

const mebibyte = 1024 * 1024;

/**
 * Runs a command in a container of its own in the stack's network, with this process's input and output, and
 * returns its exit code. The engine removes the container when the command ends, whatever becomes of this process.
 *
 * @param terminal whether input and output are a terminal that the command gets whole, Ctrl-C included
 */
export async function runInTools(
  endpoint: DockerEndpoint,
  place: ToolsPlace,
  command: readonly string[],
  terminal: boolean,
): Promise<number> {
  const container = await new Docker(endpoint.options).createContainer(request(place, command, terminal));
  const kill = (signal: NodeJS.Signals) => {
    stopped = 128 + constants.signals[signal];
    container.kill().catch(() => {});
  };
  let stopped: number | undefined;
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, kill);
  try {
    const ended = container.wait({ condition: "next-exit" }) as Promise<{ StatusCode: number }>;
    const written = await attach(container, terminal);
    await container.start();
    if (terminal) await followSize(container);
    const [{ StatusCode: code }] = await Promise.all([ended, written.ended]);
    return stopped ?? code;
  } finally {
    if (terminal) process.stdin.setRawMode(false);
    for (const signal of signals) process.off(signal, kill);
    await removed(container);
  }
}

function request(
  { image, volume, network, labels }: ToolsPlace,
  command: readonly string[],
  terminal: boolean,
): Docker.ContainerCreateOptions {
  return {
    Image: image,
    Cmd: [...command],
    User: `${serviceUids.tools}:${serviceUids.tools}`,
    WorkingDir: "/tmp",
    // No secret: what needs one reads `.env`.
    Env: [
      "PGSSLMODE=verify-full",
      `PGSSLROOTCERT=${paths.files}/ssl/ca.crt`,
      ...(terminal ? [`TERM=${process.env["TERM"] ?? "xterm"}`] : []),
    ],
    Labels: { ...labels, "io.kilocode.helper": "tools" },
    Tty: terminal,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: network,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges:true"],
      Memory: 256 * mebibyte,
      MemorySwap: 256 * mebibyte,
      NanoCpus: 1e9,
      PidsLimit: 128,
      // What a script prints may be a secret: it goes to the caller and nowhere else.
      LogConfig: { Type: "none", Config: {} },
      Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" },
      Mounts: [{ Type: "volume", Source: volume, Target: paths.files, ReadOnly: true }],
    },
  };
}

/** Returns a promise of the end of the output. */
async function attach(container: Docker.Container, terminal: boolean): Promise<{ ended: Promise<void> }> {
  const stream = await container.attach({
    stream: true,
    stdin: true,
    stdout: true,
    stderr: true,
    hijack: true,
  });
  if (terminal) {
    process.stdin.setRawMode(true);
    stream.pipe(process.stdout, { end: false });
  } else container.modem.demuxStream(stream, process.stdout, process.stderr);
  process.stdin.pipe(stream);
  // The command may end before it has read everything.
  stream.on("error", () => {});
  return { ended: new Promise((resolve) => stream.once("close", resolve).once("end", resolve)) };
}

async function followSize(container: Docker.Container): Promise<void> {
  const follow = () => container.resize({ h: process.stdout.rows, w: process.stdout.columns });
  process.stdout.on("resize", () => void follow().catch(() => {}));
  await follow();
}

/** Usually gone by now; a container that never started is not. */
async function removed(container: Docker.Container): Promise<void> {
  try {
    await container.remove({ force: true });
  } catch (error) {
    // 404: gone; 409: the engine is about it.
    const { statusCode } = error as { statusCode?: number };
    if (statusCode !== 404 && statusCode !== 409) throw error;
  }
}
