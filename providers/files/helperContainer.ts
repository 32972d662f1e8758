import type Docker from "dockerode";
import type { FilesInputs } from "./runner.ts";

/** Where a helper sees the volume. */
export const helperMount = "/volume";

export interface HelperOptions {
  readonly command: string[];
  /** uid = gid; root may write to the volume, everybody else sees it read-only. */
  readonly uid: number;
}

/**
 * Runs `use` with a short-lived container that mounts the volume. The engine reads and writes the volume
 * through it even before it is started; no path of the operator's machine is involved.
 */
export async function withHelper<T>(
  engine: Docker,
  inputs: Pick<FilesInputs, "volume" | "image" | "labels">,
  { command, uid }: HelperOptions,
  use: (container: Docker.Container) => Promise<T>,
): Promise<T> {
  const root = uid === 0;
  const container = await engine.createContainer({
    Image: inputs.image,
    Entrypoint: [command[0]!],
    Cmd: command.slice(1),
    User: `${uid}:${uid}`,
    // Plain output: without a terminal the engine frames each line with 8 bytes.
    Tty: true,
    Labels: { ...inputs.labels, "io.kilocode.helper": "files" },
    HostConfig: {
      NetworkMode: "none",
      CapDrop: ["ALL"],
      // Versions belong to the service's uid and are closed to others; the helper removes old ones.
      CapAdd: root ? ["DAC_OVERRIDE"] : [],
      SecurityOpt: ["no-new-privileges:true"],
      Memory: 256 * 1024 * 1024,
      PidsLimit: 64,
      Mounts: [{ Type: "volume", Source: inputs.volume, Target: helperMount, ReadOnly: !root }],
    },
  });
  try {
    return await use(container);
  } finally {
    await container.remove({ force: true });
  }
}

/** Starts a helper, waits for its end, and returns its exit status with what it printed. */
export async function runHelper(container: Docker.Container): Promise<{ status: number; output: string }> {
  await container.start();
  const { StatusCode: status } = (await container.wait()) as { StatusCode: number };
  const output = (await container.logs({ stdout: true, stderr: true })).toString("utf8");
  return {
    status,
    output: output
      .replace(/[^\x20-\x7e\n]/g, "")
      .trim()
      .slice(0, 2000),
  };
}
