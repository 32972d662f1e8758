import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preflight } from "#providers/docker/preflight.ts";

describe("the preflight", () => {
  const look = (host: string) => preflight({ docker: { host }, names: [], ports: [] }, undefined);

  it("says how to get at a socket that this user may not use", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kilocode-socket-"));
    const socket = join(folder, "docker.sock");
    const server = createServer().listen(socket);
    await once(server, "listening");
    chmodSync(folder, 0o755);
    chmodSync(socket, 0);
    // Root may use any socket, so it looks with another user's eyes.
    const root = process.geteuid!() === 0;
    if (root) process.seteuid!(65_534);
    try {
      await assert.rejects(look(`unix://${socket}`), /ENGINE_PERMISSION.*usermod -aG docker/s);
    } finally {
      if (root) process.seteuid!(0);
      server.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("misses a folder and a volume that a server is to bring in", async () => {
    const mounts = { "servers.filesystem.mounts[0].source": "/nonexistent/folder", b: "no-such-volume-here" };
    await assert.rejects(
      preflight({ docker: {}, names: [], ports: [], mounts }, undefined),
      /MOUNT_MISSING.*mounts\[0\].*mkdir -p \/nonexistent\/folder.*docker volume create no-such-volume-here/s,
    );
    await preflight({ docker: {}, names: [], ports: [], mounts: { a: tmpdir() } }, undefined);
  });

  it("says where it looked for an engine that does not answer", async () => {
    await assert.rejects(
      look("unix:///nonexistent/docker.sock"),
      /ENGINE_UNREACHABLE.*nonexistent\/docker\.sock/s,
    );
    await assert.rejects(look("tcp://127.0.0.1:1"), /ENGINE_UNREACHABLE.*127\.0\.0\.1:1/s);
  });
});
